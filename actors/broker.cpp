#include "actors/broker.hpp"

#include <map>
#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

namespace texlex {
namespace {

class broker final : public broker_actor::base, private dispatch_effects {
public:
  broker(caf::actor_config& config, const dispatch_options& options, broker_links links)
    : broker_actor::base(config), links_(std::move(links)), dispatcher_(options, *this) {}
  const char* name() const override { return "texlex.broker"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::finished, lane_id lane, job_id id, const outcome& result) {
        dispatcher_.finished(lane, id, result);
      },
      [this](atom::overdue, job_id id) {
        const hedge_verdict verdict = dispatcher_.overdue(id);
        spdlog::debug("job {} is overdue: {}", id.value, name_of(verdict));
      },
      [this](atom::joined, lane_id lane, const lane_actor& handle) {
        lanes_[lane.value].handle = handle;
        dispatcher_.lane_joined(lane);
      },
      [this](atom::cooling, lane_id lane, const drain_listener& listener) {
        lanes_[lane.value].listener = listener;
        dispatcher_.lane_cooling(lane);
      },
      [this](atom::left, lane_id lane) {
        lanes_.erase(lane.value);
        dispatcher_.lane_left(lane);
      },
      [this](atom::unstaffed) { dispatcher_.unstaffed(); },
      [this](atom::submit, const job_ptr& job) { dispatcher_.submit(job); },
      [this](atom::cancel, job_id id) { dispatcher_.cancel(id); },
      [this](atom::close) { dispatcher_.close(); },
    };
  }

  void on_exit() override {
    lanes_.clear();
    links_ = {};
  }

private:
  void run(lane_id lane, const job_ptr& job) override {
    caf::anon_send(lanes_.at(lane.value).handle, atom::run_v, job);
  }

  void answer(const closed_job& closed) override {
    const job& job = *closed.last.job;
    caf::anon_send(links_.front, atom::answer_v, job.id, closed.result);
    const request_sample sample{.status = closed.result.status,
                                .origin = closed.result.origin,
                                .latency = clock().now() - job.received,
                                .hedged = closed.last.hedged,
                                .hedge_skipped = closed.last.hedge_skipped};
    caf::anon_send(links_.metrics, atom::request_v, sample);
  }

  void arm(job_id id, duration delay) override {
    caf::anon_send(links_.timer, atom::arm_v, id, delay, overdue_listener{this});
  }

  void disarm(job_id id) override { caf::anon_send(links_.timer, atom::disarm_v, id); }

  void drained(lane_id lane) override { caf::anon_send(lanes_.at(lane.value).listener, atom::drained_v, lane); }

  struct known_lane {
    lane_actor handle;
    drain_listener listener; ///< null until it cools
  };

  broker_links links_;
  std::map<uint32_t, known_lane> lanes_;
  dispatcher dispatcher_;
};

} // namespace

broker_actor spawn_broker(caf::actor_system& system, const dispatch_options& options, broker_links links) {
  return system.spawn<broker>(options, std::move(links));
}

} // namespace texlex
