// Rings for jobs that outlive their hedge delay. The time comes from the loop it runs on, or else from CAF's clock,
// whose thread's timer slack is set to 1 us (see system_config.hpp): about 32 us late at the median, which a thread of
// its own would not better.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"
#include "actors/loop_unit.hpp"

namespace texlex {

/// `unit`: where it runs; null: on the scheduler.
[[nodiscard]] hedge_timer_actor spawn_hedge_timer(caf::actor_system& system, loop_unit* unit = nullptr);

} // namespace texlex
