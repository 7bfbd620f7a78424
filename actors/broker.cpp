#include "actors/broker.hpp"

#include <map>
#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

namespace texlex {
namespace {

constexpr size_t batch_samples = 256;
constexpr std::chrono::milliseconds batch_age_max{100};

class broker final : public on_loop<broker_actor::base>, private dispatch_effects {
public:
  broker(caf::actor_config& config, loop_unit* unit, const dispatch_options& options, broker_links links)
    : on_loop(config, unit), links_(std::move(links)), dispatcher_(options, *this) {}
  const char* name() const override { return "texlex.broker"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::finished, lane_id lane, job_id id, const outcome& result, duration took) {
        dispatcher_.at(clock().now()).finished(lane, id, result);
        sample(attempt_sample{lane, result.status, took});
      },
      [this](atom::overdue, job_id id) {
        const hedge_verdict verdict = dispatcher_.at(clock().now()).overdue(id);
        spdlog::debug("job {} is overdue: {}", id.value, name_of(verdict));
      },
      [this](atom::joined, lane_id lane, const lane_actor& handle) {
        lanes_[lane.value].handle = handle;
        dispatcher_.at(clock().now()).lane_joined(lane);
      },
      [this](atom::cooling, lane_id lane, const drain_listener& listener) {
        lanes_[lane.value].listener = listener;
        dispatcher_.lane_cooling(lane);
      },
      [this](atom::left, lane_id lane) {
        lanes_.erase(lane.value);
        dispatcher_.at(clock().now()).lane_left(lane);
      },
      [this](atom::unstaffed) { dispatcher_.unstaffed(); },
      [this](atom::submit, const job_ptr& job) { dispatcher_.at(clock().now()).submit(job); },
      [this](atom::cancel, job_id id) { dispatcher_.cancel(id); },
      [this](atom::close) { dispatcher_.close(); },
      [this](atom::flush) {
        flush_planned_ = false;
        flush();
      },
      [this](atom::watched, const stuck_listener& listener) { stuck_listener_ = listener; },
      [this](atom::tell, job_id number) {
        flush();
        caf::anon_send(links_.metrics, atom::tell_v, number);
      },
      [this](atom::stats) -> caf::result<metrics_report> {
        flush();
        return delegate(links_.metrics, atom::stats_v);
      },
    };
  }

  void on_exit() override {
    flush();
    lanes_.clear();
    stuck_listener_ = nullptr;
    links_ = {};
  }

private:
  void run(lane_id lane, const job_ptr& job) override {
    caf::anon_send(lanes_.at(lane.value).handle, atom::run_v, job);
  }

  void answer(const closed_job& closed) override {
    const job& job = *closed.last.job;
    caf::anon_send(links_.front, atom::answer_v, job.id, closed.result);
    const instant at = clock().now();
    sample(request_sample{.status = closed.result.status,
                          .origin = closed.result.origin,
                          .latency = at - job.received,
                          .queue = closed.last.begun.value_or(at) - job.received,
                          .hedged = closed.last.hedged,
                          .hedge_skipped = closed.last.hedge_skipped});
  }

  void arm(job_id id, duration delay) override {
    caf::anon_send(links_.timer, atom::arm_v, id, delay, overdue_listener{this});
  }

  void disarm(job_id id) override { caf::anon_send(links_.timer, atom::disarm_v, id); }

  void drained(lane_id lane) override { caf::anon_send(lanes_.at(lane.value).listener, atom::drained_v, lane); }

  void sample(const request_sample& one) {
    samples_.requests.push_back(one);
    flush_if_due();
  }
  void sample(const attempt_sample& one) {
    samples_.attempts.push_back(one);
    flush_if_due();
  }

  // Metrics runs on another thread, and to wake it for each request would cost more than the request's own way here.
  void flush_if_due() {
    if (samples_.requests.size() >= batch_samples || samples_.attempts.size() >= batch_samples) return flush();
    if (flush_planned_) return;
    flush_planned_ = true;
    delayed_send(this, batch_age_max, atom::flush_v);
  }

  void flush() {
    if (samples_.requests.empty() && samples_.attempts.empty()) return;
    caf::anon_send(links_.metrics, atom::samples_v, std::exchange(samples_, {}));
    samples_.requests.reserve(batch_samples);
    samples_.attempts.reserve(batch_samples);
  }

  struct known_lane {
    lane_actor handle;
    drain_listener listener; ///< null until it cools
  };

  broker_links links_;
  stuck_listener stuck_listener_; ///< null until it is told
  std::map<uint32_t, known_lane> lanes_;
  dispatcher dispatcher_;
  sample_batch samples_; ///< that metrics has not seen
  bool flush_planned_ = false;
};

} // namespace

broker_actor spawn_broker(caf::actor_system& system, const dispatch_options& options, broker_links links,
                          loop_unit* unit) {
  return system.spawn<broker, caf::lazy_init>(unit, options, std::move(links));
}

} // namespace texlex
