// Takes jobs in, gives them to lanes, hedges the slow ones and answers each exactly once. All it decides is decided in
// state/dispatcher; here its effects become messages.
#pragma once

#include <functional>
#include <memory>

#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"
#include "actors/lane_threads.hpp"
#include "actors/loop_unit.hpp"
#include "actors/state/dispatcher.hpp"

namespace texlex {

struct broker_links {
  answer_function answer; ///< called once a job, wherever the broker runs; must not throw
  hedge_timer_actor timer;
  metrics_actor metrics;
  std::shared_ptr<const lane_threads> threads{}; ///< null: what lanes do is not known
  queue_pressure* pressure = nullptr;            ///< kept up to date on the unit's thread; null: nobody looks at it
};

/// `unit`: where it runs; null: on the scheduler.
[[nodiscard]] broker_actor spawn_broker(caf::actor_system& system, const dispatch_options& options, broker_links links,
                                        loop_unit* unit = nullptr);

} // namespace texlex
