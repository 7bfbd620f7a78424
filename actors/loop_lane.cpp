#include "actors/loop_lane.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <variant>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/attempt_runner.hpp"
#include "actors/death_reason.hpp"
#include "actors/no_memory.hpp"
#include "actors/own_thread.hpp"
#include "actors/report_pace.hpp"
#include "actors/state/part_size.hpp"
#include "runtime/cpu.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

// How often a stalled attempt looks whether it is still wanted.
constexpr std::chrono::milliseconds stall_look{1};

constexpr uint64_t report_jobs = 4096;

// Of a long document, between two looks at the sockets.
constexpr std::chrono::microseconds part_length{100};

/// `checkup` is its word to itself: a stalled attempt may go on.
using lane_and_checkup = lane_actor::extend<takes<atom::checkup>>;
using loop_lane_base = on_loop<lane_and_checkup::base>;

class loop_lane final : public loop_lane_base {
public:
  loop_lane(caf::actor_config& config, loop_unit* unit, const worker_options& options, const worker_links& links)
    : loop_lane_base(config, unit), options_(options), links_(links), stalls_(options.stalls, options.lane.value) {}
  const char* name() const override { return "texlex.loop_lane"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    set_exception_handler([this](std::exception_ptr& error) -> caf::error { return died(error); });
    results_.reserve(limits::loop_attempts_max); // as many as it is given at a time
    prepare();
    return {
      [this](atom::run, const attempt_batch& orders) {
        if (!runner_) begin_if_prepared();
        guarded_([&] { run_all(orders); });
      },
      [this](atom::checkup) { guarded_([this] { runner_ ? go_on() : begin_if_prepared(); }); },
    };
  }

  void on_exit() override {
    if (on_unit()) on_unit()->at_rest(this, nullptr);
    guarded_([this] {
      if (runner_) caf::anon_send(links_.metrics, atom::report_v, with_memory(report(true)));
    });
    runner_.reset();
    prepared_.reset();
    behind_.clear();
    stalled_.reset();
    in_parts_.reset();
    links_ = {};
  }

private:
  struct preparation {
    std::unique_ptr<attempt_runner> runner;
    std::exception_ptr failed;
    std::atomic<bool> done = false;
  };

  // Faulting memory in takes milliseconds, for which all connections would wait: an actor with a thread of its own does
  // it, when the machine has nothing better to do. Who is replaced works on meanwhile.
  void prepare() {
    prepared_ = std::make_shared<preparation>();
    const auto make = [lane = options_.lane, arena = options_.arena, kernel = options_.kernel,
                       supervisor = links_.supervisor, self = caf::strong_actor_ptr{ctrl()}, state = prepared_] {
      step_back_this_thread();
      try {
        state->runner = std::make_unique<attempt_runner>(lane, arena, kernel, stall_options{});
      } catch (...) {
        state->failed = std::current_exception();
      }
      state->done = true;
      if (state->failed)
        caf::anon_send(caf::actor_cast<lane_and_checkup>(self), atom::checkup_v);
      else
        caf::anon_send(supervisor, atom::ready_v, lane); // it takes it with its first order
      spdlog::debug("the worker of the I/O thread (lane {}) is prepared", lane.value);
    };
    home_system().spawn<own_thread_task, caf::detached>(make);
  }

  void begin_if_prepared() {
    if (!prepared_ || !prepared_->done) return;
    const std::shared_ptr<preparation> state = std::exchange(prepared_, nullptr);
    if (state->failed) return quit(died(state->failed));
    runner_ = std::move(state->runner);
    if (on_unit()) // what there was no memory to tell is told then
      on_unit()->at_rest(this, [this] {
        if (!results_.empty() && !stalled_) guarded_([this] { tell(); });
        return results_.empty() || stalled_;
      });
  }

  struct stalled_attempt {
    attempt_order order;
    instant begun;
    instant until;
    std::optional<attempt_end> end; ///< if it stalls after it was carried out
  };

  struct long_attempt {
    attempt_order order;
    scan_in_parts scan;
    part_size next{part_length};
    duration took{0}; ///< of its parts
  };

  void run_all(const attempt_batch& orders) {
    if (stalled_) {
      behind_.insert(behind_.end(), orders.begin(), orders.end());
      return;
    }
    last_end_ = now();
    for (size_t i = 0; i < orders.size(); ++i)
      if (!run(orders[i])) {
        behind_.insert(behind_.end(), orders.begin() + static_cast<ptrdiff_t>(i) + 1, orders.end());
        break;
      }
    tell();
  }

  // False: the attempt stalls, and others wait behind it, as they would for a thread that got no core.
  bool run(const attempt_order& order) {
    const auto stall = stalls_.next();
    const instant begun = last_end_; // the clock costs as much as a kilobyte
    if (!stall) {
      if (!begin_in_parts(order, begun)) ended(order, attempt(order, begun), begun);
      return true;
    }
    stalled_ = {order, begun, begun + *stall, std::nullopt};
    if (stalls_.options().after) stalled_->end = attempt(order, begun);
    look_again();
    return false;
  }

  // False: it is to be carried out in one go.
  bool begin_in_parts(const attempt_order& order, instant at) {
    const job& job = *order.job;
    if (in_parts_ || options_.crash || job.document.size() <= options_.whole_bytes_max) return false;
    if (const auto instead = job.begin(order.attempt, at)) return ended(order, {{.status = *instead}}, at), true;
    auto begun = runner_->begin(job.document, *job.regime, job.order.get());
    if (const auto* const instead = std::get_if<outcome>(&begun)) return ended(order, {*instead}, at), true;
    in_parts_ = long_attempt{order, std::get<scan_in_parts>(std::move(begun))};
    plan_next_part(at);
    return true;
  }

  // A call that is due now is made in the next pass of the loop, after its look at the sockets.
  void plan_next_part(instant at) {
    bool planned = false;
    guarded_([&] {
      send_at(at, atom::checkup_v);
      planned = true;
    });
    if (!planned) scan_part(in_parts_->order.job->document.size()); // all that is left: nobody else would go on with it
  }

  void scan_part(uint64_t bytes) {
    long_attempt& current = *in_parts_;
    const instant begun = now();
    auto end = runner_->go_on(current.scan, bytes, current.order.job->stop.here());
    last_end_ = now();
    current.took += last_end_ - begun;
    current.next.took(last_end_ - begun);
    if (!end) return plan_next_part(last_end_);
    const long_attempt last = *std::exchange(in_parts_, std::nullopt);
    add_result(last.order, std::move(*end), last.took);
    tell();
  }

  void look_again() { send_at(std::min(stalled_->until, now() + stall_look), atom::checkup_v); }

  void go_on() {
    if (stalled_) return go_on_after_stall();
    if (in_parts_) scan_part(in_parts_->next.bytes());
  }

  void go_on_after_stall() {
    const bool wanted = stalls_.options().deaf || !stalled_->order.job->stop.load(std::memory_order_relaxed);
    if (wanted && now() < stalled_->until) return look_again();
    stalled_attempt last = *std::exchange(stalled_, std::nullopt);
    ended(last.order, last.end ? std::move(*last.end) : attempt(last.order, now()), last.begun);
    last_end_ = now();
    while (!behind_.empty()) {
      const attempt_order next = std::move(behind_.front());
      behind_.pop_front();
      if (!run(next)) break;
    }
    if (in_parts_ && !stalled_) plan_next_part(last_end_);
    tell();
  }

  attempt_end attempt(const attempt_order& order, instant at) {
    const job& job = *order.job;
    if (const auto instead = job.begin(order.attempt, at)) return {{.status = *instead}};
    const bool crashes = options_.crash && options_.crash->fires(job.document);
    return runner_->run(job.document, *job.regime, job.order.get(), job.stop.here(),
                        crashes ? crash_on_purpose : nullptr);
  }

  void ended(const attempt_order& order, attempt_end end, instant begun) {
    last_end_ = now();
    if (on_unit() && on_unit()->runs_here()) on_unit()->looked(last_end_);
    add_result(order, std::move(end), last_end_ - begun);
  }

  void add_result(const attempt_order& order, attempt_end end, duration took) {
    results_.push_back({order.job->id, end.result, took, runner_->interrupted(took), std::move(end.columns)});
    ++jobs_;
  }

  void tell() {
    tell_results();
    const worker_report used = report(false);
    if (pace_.line_due(last_end_)) caf::anon_send(links_.metrics, atom::report_v, with_memory(used));
    if (pace_.due(used)) caf::anon_send(links_.supervisor, atom::report_v, with_memory(used));
  }

  void tell_results() {
    if (results_.empty()) return;
    caf::anon_send(links_.finish, atom::finished_v, options_.lane, result_batch{results_});
    results_.clear(); // and keeps its memory
  }

  worker_report report(bool ended) const {
    worker_report used = runner_->report(options_.lane, loop_core, jobs_);
    used.ended = ended;
    return used;
  }

  caf::error died(const std::exception_ptr& error) {
    spdlog::error("the worker of the I/O thread (lane {}) died: {}", options_.lane.value, text_of(error));
    guarded_([this] { tell_results(); }); // so that the attempt it died of is the first of those it still has
    return to_reason(runner_ ? death::crash : death::failure);
  }

  static instant now() { return texlex::now(); } // `local_actor` declares one that it lacks

  worker_options options_;
  worker_links links_;
  stall_plan stalls_;
  std::unique_ptr<attempt_runner> runner_; ///< null until it is prepared
  std::shared_ptr<preparation> prepared_;  ///< that its own thread fills in; null once it is taken
  std::optional<stalled_attempt> stalled_;
  std::optional<long_attempt> in_parts_;
  std::deque<attempt_order> behind_; ///< the stalled one; as many as the lane's capacity at most
  no_memory_guard guarded_{"the worker of the I/O thread"};
  result_batch results_; ///< that the broker has not heard of
  uint64_t jobs_ = 0;
  instant last_end_{};                                    ///< of an attempt
  report_pace pace_{options_.line_interval, report_jobs}; // else it would tell, and wake somebody, every other pass
};

} // namespace

lane_actor spawn_loop_lane(caf::actor_system& system, loop_unit* unit, const worker_options& options,
                           const worker_links& links) {
  return caf::actor_cast<lane_actor>(spawn_on_loop<loop_lane>(system, unit, options, links));
}

} // namespace texlex
