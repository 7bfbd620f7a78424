#include "actors/worker.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "runtime/cpu.hpp"

namespace texlex {
namespace {

// The supervisor hears of what was used after so many jobs or bytes, and of every trim: budgets are far larger.
constexpr uint64_t report_jobs = 64;
constexpr uint64_t report_bytes = uint64_t{16} << 20;

// Metrics logs a line a worker after so many of its jobs.
constexpr uint64_t line_jobs = 1000;

constexpr std::chrono::microseconds stall_nap{200};

const char* what(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what(); // lives as long as `error` does
  } catch (...) {
    return "an exception of unknown type";
  }
}

class worker final : public lane_actor::base {
public:
  worker(caf::actor_config& config, const worker_options& options, const worker_links& links)
    : lane_actor::base(config), options_(options), links_(links), stalls_(options.stalls, options.lane.value) {}
  const char* name() const override { return "texlex.worker"; }

protected:
  // Runs on the worker's own thread, unlike the constructor.
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    set_exception_handler([this](std::exception_ptr& error) -> caf::error { return died(error); });
    if (options_.own_thread) settle_on_core();
    make_arenas();
    if (options_.arena.lock && !arenas_->locked())
      spdlog::debug("the arenas of core {} are not locked: RLIMIT_MEMLOCK is too low", options_.core);
    caf::anon_send(links_.supervisor, atom::ready_v, options_.lane);
    return {
      [this](atom::run, const job_ptr& job, uint32_t attempt_number) {
        const instant begun = texlex::now(); // `local_actor` declares one that it lacks
        const outcome result = attempt(*job, attempt_number);
        caf::anon_send(links_.finish, atom::finished_v, options_.lane, job->id, result, texlex::now() - begun);
        ++jobs_;
        tell_use();
      },
    };
  }

  void on_exit() override {
    if (arenas_) caf::anon_send(links_.metrics, atom::report_v, report(true));
    if (options_.own_thread) step_back_this_thread(); // what is given back takes milliseconds, and nobody waits for it
    arenas_.reset();
    links_ = {};
  }

private:
  void settle_on_core() {
    name_this_thread("texlex.w" + std::to_string(options_.core));
    if (const auto error = pin_this_thread(options_.core)) spdlog::warn("{}", *error);
  }

  // Faulting memory in takes milliseconds a MiB, and a worker that replaces another shares its core with it until then.
  // So another thread does it, on this core, when the core has nothing better to do.
  void make_arenas() {
    if (!options_.own_thread) {
      arenas_.emplace(options_.arena);
      return;
    }
    std::exception_ptr failed;
    std::thread{[&] {
      step_back_this_thread();
      try {
        arenas_.emplace(options_.arena);
      } catch (...) {
        failed = std::current_exception();
      }
    }}.join();
    if (failed) std::rethrow_exception(failed);
  }

  outcome attempt(const job& job, uint32_t number) {
    if (!job.begin(number)) return {.status = status::cancelled};
    if (texlex::now() >= job.deadline) return {.status = status::deadline_exceeded};
    const auto stall = stalls_.next();
    if (stall && !stalls_.options().after) sleep(*stall, job.stop);
    const outcome result = scan(job);
    if (stall && stalls_.options().after) sleep(*stall, job.stop);
    return result;
  }

  // In naps, as a stalled attempt that is no longer wanted may end, unless it is to be deaf.
  void sleep(duration length, const std::atomic<bool>& stop) const {
    const instant until = texlex::now() + length;
    for (instant at = texlex::now(); at < until; at = texlex::now()) {
      if (!stalls_.options().deaf && stop.load(std::memory_order_relaxed)) return;
      std::this_thread::sleep_for(std::min<duration>(until - at, stall_nap));
    }
  }

  outcome scan(const job& job) try {
    auto lease = arenas_->take();
    if (!lease) return {.status = status::internal_error}; // one job at a time needs one of two
    const auto columns = lease->columns_for(job.document.size());
    if (!columns) return {.status = status::document_too_large};
    const scan_input input{job.document, job.regime, token_view::tex};
    const scan_output output{columns->kinds.data(), columns->starts.data(), columns->issues};
    scan_cursor cursor;
    if (options_.crash && options_.crash->fires(job.document)) crash_half_way(input, cursor, output);
    if (run_scan(options_.kernel, input, cursor, output, &job.stop) == scan_verdict::stopped)
      return {.status = status::cancelled};
    return {.status = status::ok,
            .token_count = static_cast<uint32_t>(cursor.token_count),
            .issue_count = static_cast<uint32_t>(cursor.issue_count)};
  } catch (const std::bad_alloc&) {
    return {.status = status::internal_error};
  }

  [[noreturn]] void crash_half_way(const scan_input& input, scan_cursor& cursor, const scan_output& output) {
    options_.kernel.advance(input, input.document.size() / 2, cursor, output);
    throw std::runtime_error{"the document begins with test.crash_marker"};
  }

  caf::error died(const std::exception_ptr& error) {
    spdlog::error("worker of core {} (lane {}) died: {}", options_.core, options_.lane.value, what(error));
    return caf::sec::runtime_error;
  }

  void tell_use() {
    const worker_report now_used = report(false);
    if (jobs_ % line_jobs == 0) caf::anon_send(links_.metrics, atom::report_v, now_used);
    if (now_used.trims == told_.trims && now_used.jobs < told_.jobs + report_jobs
        && now_used.bytes_handed_out < told_.bytes_handed_out + report_bytes)
      return;
    told_ = now_used;
    caf::anon_send(links_.supervisor, atom::report_v, now_used);
  }

  worker_report report(bool ended) const {
    const arena_usage usage = arenas_->usage();
    return {.lane = options_.lane,
            .core = options_.core,
            .jobs = jobs_,
            .bytes_handed_out = usage.bytes_handed_out,
            .trims = usage.trims,
            .live_bytes = arenas_->resident_bytes(),
            .ended = ended};
  }

  worker_options options_;
  worker_links links_;
  stall_plan stalls_;
  std::optional<arena_pair> arenas_;
  uint64_t jobs_ = 0;
  worker_report told_; ///< what the supervisor heard last
};

} // namespace

lane_actor spawn_worker(caf::actor_system& system, const worker_options& options, const worker_links& links) {
  if (options.own_thread) return system.spawn<worker, caf::detached>(options, links);
  return system.spawn<worker>(options, links);
}

} // namespace texlex
