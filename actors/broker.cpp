#include "actors/broker.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "actors/no_memory.hpp"
#include "actors/state/warning_pace.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

constexpr size_t batch_samples = 2048;
constexpr std::chrono::milliseconds batch_age_max{100};

// That many words about lanes are kept while there is no memory at all.
constexpr size_t news_expected = 64;

/// So that lines about a request are found by who asked. Throws std::bad_alloc.
std::string trace_text(const job& job) { return job.trace ? ", traceparent " + traceparent_of(*job.trace) + "," : ""; }

/// Neither its client's doing nor its house's load.
bool is_trouble(status how) noexcept {
  return how == status::worker_lost || how == status::condemned_document || how == status::internal_error;
}

class broker final : public on_loop<broker_actor::base>, private dispatch_effects {
public:
  broker(caf::actor_config& config, loop_unit* unit, const dispatch_options& options, broker_links links)
    : on_loop(config, unit), links_(std::move(links)), dispatcher_(options, *this) {}
  const char* name() const override { return "texlex.broker"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    news_.reserve(news_expected);
    if (on_unit()) on_unit()->at_rest(this, [this] { return rest(); });
    return {
      [this](atom::finished, lane_id lane, const result_batch& results) {
        guarded_([&] {
          dispatcher& dispatcher = event();
          for (const attempt_result& each : results)
            guarded_([&] {
              dispatcher.finished(lane, each.job, each.result, {.took = each.took, .interrupted = each.interrupted},
                                  each.columns);
              sample(attempt_sample{lane, each.result.status, each.took});
            });
          after_event();
        });
      },
      [this](atom::overdue, job_id id) {
        guarded_([&] {
          const hedge_verdict verdict = event().overdue(id);
          if (spdlog::should_log(spdlog::level::debug)) {
            const open_job* const late = dispatcher_.ledger().find(id);
            spdlog::debug("job {}{} is overdue: {}", id.value, late ? trace_text(*late->job) : "", name_of(verdict));
          }
          after_event();
        });
      },
      [this](atom::joined, lane_id lane, const lane_actor& handle, const lane_traits& traits) {
        hear({.what = lane_news::joined, .lane = lane, .handle = handle, .traits = traits});
      },
      [this](atom::joined, lane_id lane, const remote_lane_actor& handle, const lane_traits& traits) {
        hear({.what = lane_news::joined, .lane = lane, .handle = handle, .remote = handle, .traits = traits});
      },
      [this](atom::room, lane_id lane, uint32_t all) {
        hear({.what = lane_news::room, .lane = lane, .attempts = all});
      },
      [this](atom::suspected, lane_id lane) { hear({.what = lane_news::suspected, .lane = lane}); },
      [this](atom::cooling, lane_id lane, const drain_listener& listener) {
        hear({.what = lane_news::cooling, .lane = lane, .listener = listener});
      },
      [this](atom::left, lane_id lane, death cause) { hear({.what = lane_news::left, .lane = lane, .cause = cause}); },
      [this](atom::unstaffed) { hear({.what = lane_news::unstaffed}); },
      [this](atom::submit, const job_batch& jobs) {
        guarded_([&] {
          dispatcher& dispatcher = event();
          for (const job_ptr& job : jobs) guarded_([&] { dispatcher.submit(job); });
          after_event();
        });
      },
      [this](atom::cancel, job_id id) {
        guarded_([&] {
          event().cancel(id);
          after_event();
        });
      },
      [this](atom::close) {
        guarded_([&] {
          event().close();
          after_event();
        });
      },
      [this](atom::tick, duration due) {
        guarded_([&] {
          if (tick_due_ == instant{due}) tick_due_.reset();
          event().tick();
          after_event();
        });
      },
      [this](atom::flush) {
        guarded_([&] {
          flush_planned_ = false;
          flush();
        });
      },
      [this](atom::watched, const stuck_listener& listener) { stuck_listener_ = listener; },
      [this](atom::tell, job_id number) {
        guarded_([&] {
          flush();
          caf::anon_send(links_.metrics, atom::tell_v, number);
        });
      },
      [this](atom::stats) -> caf::result<metrics_report> {
        guarded_([&] { flush(); });
        return delegate(links_.metrics, atom::stats_v);
      },
    };
  }

  void on_exit() override {
    guarded_([&] { flush(); });
    if (on_unit()) on_unit()->at_rest(this, nullptr);
    to_arm_.clear();
    news_.clear();
    lanes_.clear();
    stuck_listener_ = nullptr;
    links_ = {};
  }

private:
  /// What the supervisor and remote lanes say, of which nothing may be lost: they say it once.
  struct lane_news {
    enum { joined, room, suspected, cooling, left, unstaffed } what;
    lane_id lane{};
    lane_actor handle{};
    remote_lane_actor remote{};
    lane_traits traits{};
    uint32_t attempts = 0; ///< that it takes
    drain_listener listener{};
    death cause{};
  };

  // Kept until there was memory for all that it brings about. Where there is none even to keep it, the broker dies, and
  // the process with it.
  void hear(lane_news news) {
    news_.push_back(std::move(news));
    guarded_([this] {
      take_in_news();
      after_event();
    });
  }

  void take_in_news() {
    for (; !news_.empty(); news_.erase(news_.begin())) take_in(news_.front());
  }

  // To be taken in again, should there be no memory for it.
  void take_in(const lane_news& news) {
    switch (news.what) {
      case lane_news::joined:
        lanes_[news.lane.value].handle = news.handle;
        lanes_[news.lane.value].remote = news.remote;
        with_orders_.reserve(lanes_.size());
        undone_.reserve(lanes_.size() * limits::loop_attempts_max);
        return event().lane_joined(news.lane, news.traits);
      case lane_news::room: return event().lane_takes(news.lane, news.attempts);
      case lane_news::suspected: return event().lane_suspected(news.lane);
      case lane_news::cooling: lanes_[news.lane.value].listener = news.listener; return event().lane_cooling(news.lane);
      case lane_news::left: lanes_.erase(news.lane.value); return event().lane_left(news.lane, news.cause);
      case lane_news::unstaffed: return event().unstaffed();
    }
  }

  // False: there still is no memory for what was given up.
  bool rest() {
    guarded_([this] { arm_what_still_runs(); });
    if (!guarded_.take_gave_up()) return true;
    guarded_([this] {
      take_in_news();
      event().pick_up();
      after_event();
    });
    return false;
  }

  // On a loop the turn's latest look at the clock is near enough: it costs as much as the rest of a small event.
  instant look() { return on_unit() && on_unit()->runs_here() ? on_unit()->time() : clock().now(); }

  dispatcher& event() {
    event_time_ = look();
    return dispatcher_.at(event_time_);
  }

  void run(lane_id lane, const job_ptr& job, uint32_t attempt) override {
    attempt_batch& orders = lanes_.at(lane.value).orders;
    try {
      if (orders.empty()) orders.reserve(limits::sockets_a_pass_max);
      orders.push_back({job, attempt});
    } catch (const std::bad_alloc&) {
      return undone_.push_back({lane, job->id});
    }
    if (orders.size() == 1) with_orders_.push_back(lane);
  }

  // What one event gave a lane goes there in one message. Where there is no memory for that, the orders are kept, and
  // what could not even be written down ends with `overload`.
  void after_event() {
    while (!undone_.empty()) {
      const undone_order last = undone_.back();
      undone_.pop_back();
      dispatcher_.at(event_time_).finished(last.lane, last.job, {.status = status::overload});
    }
    for (; !with_orders_.empty(); with_orders_.pop_back())
      if (const auto found = lanes_.find(with_orders_.back().value); found != lanes_.end()) {
        attempt_batch& orders = found->second.orders;
        if (orders.empty()) continue;
        caf::anon_send(found->second.handle, atom::run_v, std::move(orders)); // moved only once all else is there
        orders.clear();
      }
    if (std::exchange(words_due_, false)) tell_supervisor();
    if (links_.pressure != nullptr && on_unit()->attached()) *links_.pressure = dispatcher_.pressure();
    plan_tick();
  }

  void answer(const closed_job& closed) override {
    const job& job = *closed.last.job;
    links_.answer(job.id, closed.result, closed.columns);
    for (const attempt& each : closed.last.attempts) abandon(each.lane, job.id);
    if (is_trouble(closed.result.status)) guarded_([&] { tell_trouble(closed); });
    const instant at = event_time_;
    sample(request_sample{.status = closed.result.status,
                          .origin = closed.result.origin,
                          .latency = at - job.received,
                          .queue = closed.last.begun.value_or(at) - job.received,
                          .hedged = closed.last.hedged,
                          .hedge_skipped = closed.last.hedge_skipped});
  }

  // One that is not told carries the attempt out for nothing.
  void abandon(lane_id lane, job_id job) {
    const auto found = lanes_.find(lane.value);
    if (found == lanes_.end() || !found->second.remote) return;
    guarded_([&] { caf::anon_send(found->second.remote, atom::abandon_v, job); });
  }

  void tell_trouble(const closed_job& closed) {
    const auto left_out = trouble_pace_.due(event_time_);
    if (!left_out) return;
    const job& job = *closed.last.job;
    spdlog::warn("job {} of connection {}{} with a document of {} bytes ends with {}{}", job.id.value, job.client,
                 trace_text(job), job.document.size(), name_of(closed.result.status), left_out_text(*left_out));
  }

  // On a loop an attempt may well be over before the turn is: then nobody need watch it.
  void arm(job_id id, duration delay) override {
    guarded_([&] {
      if (on_unit() && on_unit()->runs_here())
        to_arm_.push_back({id, event_time_ + delay});
      else
        caf::anon_send(links_.timer, atom::arm_v, id, delay, overdue_listener{this});
    });
  }

  void disarm(job_id id) override {
    const auto waiting = std::find_if(to_arm_.begin(), to_arm_.end(), [id](const alarm& a) { return a.job == id; });
    if (waiting == to_arm_.end()) // a ring that is not called off finds nobody
      return guarded_([&] { caf::anon_send(links_.timer, atom::disarm_v, id); });
    *waiting = to_arm_.back();
    to_arm_.pop_back();
  }

  void arm_what_still_runs() {
    if (to_arm_.empty()) return;
    const instant at = clock().now();
    for (; !to_arm_.empty(); to_arm_.pop_back())
      caf::anon_send(links_.timer, atom::arm_v, to_arm_.back().job, to_arm_.back().due - at, overdue_listener{this});
  }

  void drained(lane_id lane) override {
    lanes_.at(lane.value).drained = true;
    words_due_ = true;
  }

  void stuck(lane_id lane, death cause) override {
    spdlog::error("an attempt of lane {} outlived its watchdog: it {}", lane.value,
                  cause == death::crash ? "ran on and on" : "stood still");
    lanes_.at(lane.value).stuck = cause;
    words_due_ = true;
  }

  // Said once, and again only if there was no memory to say it.
  void tell_supervisor() try {
    for (auto& [id, lane] : lanes_) {
      if (lane.drained) caf::anon_send(lane.listener, atom::drained_v, lane_id{id});
      lane.drained = false;
      if (lane.stuck && lane.remote)
        caf::anon_send(lane.remote, atom::stuck_v, lane_id{id}, *lane.stuck);
      else if (lane.stuck && stuck_listener_)
        caf::anon_send(stuck_listener_, atom::stuck_v, lane_id{id}, *lane.stuck);
      lane.stuck.reset();
    }
  } catch (const std::bad_alloc&) {
    words_due_ = true;
    throw;
  }

  lane_signs signs(lane_id lane) override { return links_.threads ? links_.threads->signs(lane) : lane_signs{}; }

  // An earlier tick than the one planned is planned beside it: the later one cannot be taken back, and does no harm.
  void plan_tick() {
    const auto wanted = dispatcher_.next_tick();
    if (!wanted) return;
    const instant due = event_time_ + *wanted;
    if (tick_due_ && *tick_due_ <= due) return;
    send_at(due, atom::tick_v, due.time_since_epoch());
    tick_due_ = due;
  }

  // Without memory they are not counted, and what they are about goes on.
  void sample(const request_sample& one) { keep(samples_.requests, one); }
  void sample(const attempt_sample& one) { keep(samples_.attempts, one); }
  template <class Samples, class Sample>
  void keep(Samples& of_them, const Sample& one) {
    guarded_([&] {
      of_them.push_back(one);
      flush_if_due();
    });
  }

  // Metrics runs on another thread, and to wake it for each request would cost more than the request's own way here.
  void flush_if_due() {
    if (samples_.requests.size() >= batch_samples || samples_.attempts.size() >= batch_samples) return flush();
    if (flush_planned_) return;
    send_at(look() + batch_age_max, atom::flush_v);
    flush_planned_ = true;
  }

  void flush() {
    if (samples_.requests.empty() && samples_.attempts.empty()) return;
    caf::anon_send(links_.metrics, atom::samples_v, std::move(samples_));
    samples_ = {};
    samples_.requests.reserve(batch_samples);
    samples_.attempts.reserve(batch_samples);
  }

  struct undone_order {
    lane_id lane;
    job_id job;
  };
  struct known_lane {
    lane_actor handle;
    remote_lane_actor remote;     ///< the same, if it is one; else null
    drain_listener listener;      ///< null until it cools
    attempt_batch orders{};       ///< of the event at hand
    bool drained = false;         ///< the supervisor is to hear that
    std::optional<death> stuck{}; ///< and of this
  };
  struct alarm {
    job_id job;
    instant due;
  };

  broker_links links_;
  stuck_listener stuck_listener_; ///< null until it is told
  std::map<uint32_t, known_lane> lanes_;
  std::vector<lane_news> news_;      ///< not taken in yet: mostly none
  bool words_due_ = false;           ///< for the supervisor
  std::vector<lane_id> with_orders_; ///< has room for all lanes
  std::vector<undone_order> undone_; ///< has room for all attempts at one time
  no_memory_guard guarded_{"the broker"};
  warning_pace trouble_pace_;
  instant event_time_{};      ///< one look at the clock for all that an event brings about
  std::vector<alarm> to_arm_; ///< of the turn at hand
  dispatcher dispatcher_;
  sample_batch samples_; ///< that metrics has not seen
  bool flush_planned_ = false;
  std::optional<instant> tick_due_; ///< the earliest tick planned
};

} // namespace

broker_actor spawn_broker(caf::actor_system& system, const dispatch_options& options, broker_links links,
                          loop_unit* unit) {
  return spawn_on_loop<broker>(system, unit, options, std::move(links));
}

} // namespace texlex
