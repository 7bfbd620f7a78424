// Takes jobs in, gives them to lanes, hedges the slow ones and answers each exactly once. All it decides is decided in
// state/dispatcher; here its effects become messages.
#pragma once

#include <memory>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"
#include "actors/lane_threads.hpp"
#include "actors/loop_unit.hpp"
#include "actors/state/dispatcher.hpp"

namespace texlex {

struct broker_links {
  caf::actor front; ///< hears (atom::answer, job_id, outcome), once a job
  hedge_timer_actor timer;
  metrics_actor metrics;
  std::shared_ptr<const lane_threads> threads; ///< null: what lanes do is not known
};

/// `unit`: where it runs; null: on the scheduler.
[[nodiscard]] broker_actor spawn_broker(caf::actor_system& system, const dispatch_options& options, broker_links links,
                                        loop_unit* unit = nullptr);

} // namespace texlex
