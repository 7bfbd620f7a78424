#include "actors/worker.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/attempt_runner.hpp"
#include "actors/death_reason.hpp"
#include "actors/own_thread.hpp"
#include "actors/report_pace.hpp"
#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

class worker final : public own_thread<lane_actor::base> {
public:
  worker(caf::actor_config& config, const worker_options& options, const worker_links& links)
    : own_thread(config), options_(options), links_(links) {}
  const char* name() const override { return "texlex.worker"; }

protected:
  // Runs on the worker's own thread, unlike the constructor.
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    set_exception_handler([this](std::exception_ptr& error) -> caf::error { return died(error); });
    if (options_.own_thread) settle_on_core();
    make_runner();
    if (options_.own_thread && options_.threads) options_.threads->enter(options_.lane, progress_);
    if (options_.arena.lock && !runner_->locked())
      spdlog::debug("the arenas of core {} are not locked: RLIMIT_MEMLOCK is too low", options_.core);
    caf::anon_send(links_.supervisor, atom::ready_v, options_.lane);
    return {
      [this](atom::run, const attempt_batch& orders) {
        for (const attempt_order& order : orders) run(order);
      },
    };
  }

  void on_exit() override {
    if (options_.threads) options_.threads->leave(options_.lane);
    if (runner_) caf::anon_send(links_.metrics, atom::report_v, with_memory(report(true)));
    if (options_.own_thread) step_back_this_thread(); // what is given back takes milliseconds, and nobody waits for it
    runner_.reset();
    links_ = {};
  }

private:
  void settle_on_core() {
    name_this_thread("texlex.w" + std::to_string(options_.core));
    if (const auto error = pin_this_thread(options_.core)) spdlog::warn("{}", *error);
    if (options_.gives_way) give_way();
  }

  // Faulting memory in takes milliseconds a MiB, and a worker that replaces another shares its core with it until then.
  // So another thread does it, on this core, when the core has nothing better to do.
  void make_runner() {
    progress_ = std::make_shared<scan_progress>();
    const auto make = [this] {
      runner_.emplace(options_.lane, options_.arena, options_.kernel, options_.stalls, progress_.get());
    };
    if (!options_.own_thread) return make();
    std::exception_ptr failed;
    std::thread{[&] {
      step_back_this_thread();
      try {
        make();
      } catch (...) {
        failed = std::current_exception();
      }
    }}.join();
    if (failed) std::rethrow_exception(failed);
  }

  void run(const attempt_order& order) {
    const instant begun = texlex::now(); // `local_actor` declares one that it lacks
    attempt_end end = attempt(*order.job, order.attempt);
    const instant ended = texlex::now();
    caf::anon_send(links_.finish, atom::finished_v, options_.lane,
                   result_batch{{order.job->id, end.result, ended - begun, runner_->interrupted(ended - begun),
                                 std::move(end.columns)}});
    ++jobs_;
    tell_use(ended);
  }

  attempt_end attempt(const job& job, uint32_t number) {
    if (const auto instead = job.begin(number, texlex::now())) return {{.status = *instead}};
    const bool crashes = options_.crash && options_.crash->fires(job.document);
    return runner_->run(job.document, *job.regime, job.order.get(), job.stop.here(),
                        crashes ? crash_on_purpose : nullptr);
  }

  caf::error died(const std::exception_ptr& error) {
    spdlog::error("worker of core {} (lane {}) died: {}", options_.core, options_.lane.value, text_of(error));
    return to_reason(runner_ ? death::crash : death::failure);
  }

  void tell_use(instant at) {
    const worker_report used = report(false);
    const bool line = pace_.line_due(at);
    const bool due = pace_.due(used);
    if (line) caf::anon_send(links_.metrics, atom::report_v, with_memory(used));
    if (due) caf::anon_send(links_.supervisor, atom::report_v, with_memory(used));
  }

  worker_report report(bool ended) const {
    worker_report used = runner_->report(options_.lane, options_.core, jobs_);
    used.ended = ended;
    return used;
  }

  worker_options options_;
  worker_links links_;
  std::shared_ptr<scan_progress> progress_; ///< outlives what counts in it
  std::optional<attempt_runner> runner_;
  uint64_t jobs_ = 0;
  report_pace pace_{options_.line_interval};
};

} // namespace

void crash_on_purpose() { throw std::runtime_error{"the document begins with test.crash_marker"}; }

const char* text_of(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

lane_actor spawn_worker(caf::actor_system& system, const worker_options& options, const worker_links& links) {
  if (options.own_thread) return system.spawn<worker, caf::detached>(options, links);
  return system.spawn<worker>(options, links);
}

} // namespace texlex
