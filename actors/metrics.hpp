// Counts on the side: what came, how it ended, how long it took. Logs the lines operators know from the predecessor
// and answers a question for all of it.
#pragma once

#include <cstdint>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"

namespace texlex {

/// `front` hears (atom::told, job_id, metrics_report) for each `tell`; null: nobody. While there are requests a
/// `[hedge]` line is logged each `line_interval` (0: none), and one at the end.
/// `own_thread`: words of others then take no memory beyond their own. On CAF's scheduler one that finds none for its
/// place in the scheduler's queue would leave the actor deaf.
[[nodiscard]] metrics_actor spawn_metrics(caf::actor_system& system, caf::actor front, duration line_interval,
                                          bool own_thread = false);

/// `[hedge] req=10000 fired=1500 (15.0%) wins=750 (50.0%) rotations=2`: the share of requests, and of copies.
[[nodiscard]] std::string hedge_line(const metrics_report& report);

/// `[worker] core=0 req=1000 rss=123.4MB live=45.6MB alloc_since=789MB majors_since=12`: MB are 2^20 bytes, rss is that
/// of the process the worker runs in (0.0MB where the system does not tell), live the resident part of its arenas.
[[nodiscard]] std::string worker_line(const worker_report& report);

} // namespace texlex
