// The I/O thread's own worker: for documents so small that to wake another thread would take longer than to tokenize
// them. A lane like the others, with an arena of its own: hedged, injected, counted, replaced when worn and restarted
// when dead; but it runs many attempts in one go, between two looks at the sockets, and an attempt that stalls on
// purpose is put off instead of slept through, as all connections would wait for it.
// A long document that is alone in the house it scans in parts, each between two looks at the sockets: so that this one
// need not wait until two threads are woken.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"
#include "actors/loop_unit.hpp"
#include "actors/worker.hpp"

namespace texlex {

/// `unit`: where it runs; while that has no loop, on the scheduler. `options.core` is not looked at.
[[nodiscard]] lane_actor spawn_loop_lane(caf::actor_system& system, loop_unit* unit, const worker_options& options,
                                         const worker_links& links);

} // namespace texlex
