// Lanes whose processes are this program, started anew, and those who hear of them.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/death_reason.hpp"
#include "actors/metrics.hpp"
#include "actors/process_lane.hpp"
#include "actors/system_config.hpp"
#include "kernels/kernels.hpp"
#include "runtime/cpu.hpp"
#include "test/unit/actors/column_jobs.hpp"
#include "test/unit/actors/scripted_process.hpp"

namespace texlex::test {

inline constexpr std::chrono::seconds lane_patience{60}; ///< only a failing test waits so long

/// Where lanes say that they are ready and how attempts ended.
class lane_inbox {
public:
  void ready(lane_id lane) {
    const std::lock_guard guard{mutex_};
    ready_.push_back(lane);
    changed_.notify_all();
  }
  void finished(result_batch results) {
    const std::lock_guard guard{mutex_};
    for (attempt_result& each : results) finished_.insert_or_assign(each.job.value, std::move(each));
    changed_.notify_all();
  }
  [[nodiscard]] bool wait_until_ready(lane_id lane) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, lane_patience, [&] { return std::ranges::count(ready_, lane) > 0; });
  }
  [[nodiscard]] std::optional<attempt_result> wait_for(uint64_t job) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, lane_patience, [&] { return finished_.contains(job); })) return std::nullopt;
    return std::move(finished_.extract(job).mapped());
  }
  [[nodiscard]] bool empty() {
    const std::lock_guard guard{mutex_};
    return finished_.empty();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<lane_id> ready_;
  std::map<uint64_t, attempt_result> finished_;
};

inline finish_listener::behavior_type finish_listening(finish_listener::pointer, lane_inbox* to) {
  return {[to](atom::finished, lane_id, result_batch& results) { to->finished(std::move(results)); }};
}

inline worker_listener::behavior_type worker_listening(worker_listener::pointer, lane_inbox* to) {
  return {[to](atom::ready, lane_id lane) { to->ready(lane); }, [](atom::report, const worker_report&) {}};
}

struct process_lanes : column_house {
  process_lanes() { spdlog::set_level(spdlog::level::off); }

  ~process_lanes() {
    for (auto& [id, lane] : alive) caf::anon_send_exit(lane, caf::exit_reason::user_shutdown);
    alive.clear();
    caf::anon_send_exit(finish, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(metrics, caf::exit_reason::user_shutdown);
  }

  /// Its process does as texlexd's do.
  lane_actor lane(uint32_t id) { return scripted_lane(id, ""); }

  lane_actor scripted_lane(uint32_t id, const char* script) {
    BOOST_REQUIRE(::setenv(script_variable, script, 1) == 0);
    worker_options options;
    options.isolation = isolation::process;
    options.lane = {id};
    options.core = allowed_cores().front();
    options.arena = {.document_bytes_max = 4 << 20, .resident_bytes = 1 << 20, .lock = false, .stock = nullptr};
    options.kernel = *find_kernel("reference");
    options.regime = default_regime_name;
    options.threads = threads;
    options.crash = crash;
    const lane_actor made = spawn_process_lane(system, options, {finish, worker, metrics});
    BOOST_REQUIRE(box.wait_until_ready({id}));
    self->monitor(made);
    alive.emplace(id, made);
    return made;
  }

  void give(const lane_actor& lane, const job_ptr& job) { caf::anon_send(lane, atom::run_v, attempt_batch{{job, 1}}); }

  attempt_result result_of(const lane_actor& lane, const job_ptr& job) {
    give(lane, job);
    auto result = box.wait_for(job->id.value);
    BOOST_REQUIRE(result.has_value());
    return std::move(*result);
  }

  /// Waits for the end of the lane that was spawned last.
  death death_of_a_lane() {
    std::optional<death> cause;
    self->receive([&](const caf::down_msg& down) { cause = death_of(down.reason); },
                  caf::after(lane_patience) >> [] {});
    BOOST_REQUIRE(cause.has_value());
    return *cause;
  }

  /// Messages and answers may live on for a moment.
  [[nodiscard]] bool all_is_given_back() const {
    for (const instant until = now() + lane_patience; now() < until;
         std::this_thread::sleep_for(std::chrono::milliseconds{1}))
      if (bytes->taken() == 0) return true;
    return false;
  }

  system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  lane_inbox box;
  finish_listener finish = system.spawn(finish_listening, &box);
  worker_listener worker = system.spawn(worker_listening, &box);
  metrics_actor metrics = spawn_metrics(system, nullptr, duration{0});
  std::shared_ptr<lane_threads> threads = std::make_shared<lane_threads>();
  std::shared_ptr<crash_hook> crash;
  std::map<uint32_t, lane_actor> alive;
};

} // namespace texlex::test
