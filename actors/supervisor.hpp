// Starts one worker a core, replaces the worn, the dead and those that hang, and tells the broker who is there. All it
// decides is decided in state/roster. Told to exit, it ends its workers first and goes when the last is gone.
#pragma once

#include <functional>

#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"
#include "actors/loop_unit.hpp"
#include "actors/state/roster.hpp"
#include "actors/worker.hpp"

namespace texlex {

struct supervisor_options {
  roster_options roster;
  worker_options worker;      ///< of every worker; lane and core are filled in
  worker_options loop_worker; ///< of the I/O thread's own, if it is on the roster
  lane_traits loop_traits;    ///< of that one
  loop_unit* unit = nullptr;  ///< where that one runs
  bool own_thread = false;    ///< as for `spawn_metrics`
  int32_t stall_core = -1;    ///< only this core's worker stalls on purpose; -1: all do, if any

  /// What is done when too many workers hang; null: the process ends with exit_status::stuck.
  std::function<void()> too_many_stuck;
  /// What is done when no lane could be had for too long; null: the process ends with exit_status::absent.
  std::function<void()> absent_too_long;
};

struct supervisor_links {
  lane_listener broker;
  finish_listener finish; ///< where workers say `finished`: the broker too
  metrics_actor metrics;
};

[[nodiscard]] supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                                                supervisor_links links);

} // namespace texlex
