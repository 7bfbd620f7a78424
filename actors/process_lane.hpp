// A worker in a process of its own: the same interface, the same words and the same care as actors/worker, but a crash
// of the kernel, or a `kill -9`, costs one attempt and nothing else. Documents lie in memory both processes share.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/worker.hpp"

namespace texlex {

/// Jobs must have their document in shared memory (`document_memory::shared`). Throws what the system throws when it
/// has no thread left; whatever keeps its process from starting ends the actor, as a death does.
[[nodiscard]] lane_actor spawn_process_lane(caf::actor_system& system, const worker_options& options,
                                            const worker_links& links);

} // namespace texlex
