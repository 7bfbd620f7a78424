#include "actors/supervisor.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <spdlog/spdlog.h>

#include "actors/death_reason.hpp"
#include "actors/exit_status.hpp"
#include "actors/log.hpp"
#include "actors/loop_lane.hpp"
#include "actors/process_lane.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

// Ages are counted in seconds.
constexpr std::chrono::seconds look_interval{1};

// Between what those who wait are told and the end of the process: time for answers to leave.
constexpr std::chrono::milliseconds last_words_time{200};

// In order is no way out: a thread that hangs would hang that too.
[[noreturn]] void end_process(const char* why, int status) {
  spdlog::critical("{}: texlexd ends with status {}, to be started anew", why, status);
  flush_log(last_flush);
  std::_Exit(status);
}

[[noreturn]] void end_as_stuck() { end_process("too many workers hang", exit_status::stuck); }

[[noreturn]] void end_as_absent() {
  end_process("no worker could be had for workers.absent_max_s", exit_status::absent);
}

std::string name_of(uint32_t core) { return core == loop_core ? "the I/O thread" : "core " + std::to_string(core); }

class supervisor final : public supervisor_actor::base, private roster_effects {
public:
  supervisor(caf::actor_config& config, supervisor_options options, supervisor_links links)
    : supervisor_actor::base(config), template_(std::move(options.worker)),
      loop_template_(std::move(options.loop_worker)), loop_traits_(options.loop_traits), unit_(options.unit),
      stall_core_(options.stall_core), memory_counts_(options.roster.budgets.rss_mb != 0),
      age_counts_(options.roster.budgets.max_age > duration{0}),
      too_many_stuck_(options.too_many_stuck ? std::move(options.too_many_stuck) : end_as_stuck),
      absent_too_long_(options.absent_too_long ? std::move(options.absent_too_long) : end_as_absent),
      links_(std::move(links)), roster_(std::move(options.roster), *this) {}
  const char* name() const override { return "texlex.supervisor"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    set_down_handler([this](caf::down_msg& message) { down(message); });
    set_exit_handler([this](caf::exit_msg&) {
      roster_.close();
      people_changed();
    });
    roster_.start(clock().now());
    people_changed();
    if (age_counts_) delayed_send(this, look_interval, atom::look_v);
    return {
      [this](atom::ready, lane_id lane) {
        roster_.ready(lane);
        people_changed();
      },
      [this](atom::report, const worker_report& report) {
        roster_.reported(report.lane, usage_of(report), clock().now());
        people_changed();
      },
      [this](atom::drained, lane_id lane) { roster_.drained(lane); },
      [this](atom::respawn, uint32_t core) { roster_.spawn_due(core, clock().now()); },
      [this](atom::unspawned, lane_id lane) { gone(lane, death::failure); },
      [this](atom::stuck, lane_id lane, death cause) {
        if (template_.threads) template_.threads->abandon(lane);
        roster_.stuck(lane, cause, clock().now());
        people_changed();
      },
      [this](atom::look) {
        roster_.tick(clock().now());
        people_changed();
        delayed_send(this, look_interval, atom::look_v);
      },
      [this](atom::absent) {
        if (last_words_said_) return absent_too_long_();
        absent_planned_ = false;
        roster_.tick(clock().now());
        people_changed();
      },
      [this](atom::health) { return roster_.health(); },
      [this](atom::settled) -> caf::result<health_report> {
        auto promise = make_response_promise<health_report>();
        waiting_.push_back(promise);
        answer_if_settled();
        return promise;
      },
    };
  }

  void on_exit() override {
    workers_.clear();
    waiting_.clear();
    too_many_stuck_ = nullptr;
    absent_too_long_ = nullptr;
    links_ = {};
  }

private:
  void spawn(lane_id lane, uint32_t core) override try {
    worker_options options = core == loop_core ? loop_template_ : template_;
    options.lane = lane;
    options.core = core;
    if (stall_core_ >= 0 && static_cast<uint32_t>(stall_core_) != core) options.stalls.ppm = 0;
    const lane_actor worker = spawn_lane(options, {links_.finish, worker_listener{this}, links_.metrics});
    monitor(worker);
    workers_[lane.value] = {worker, core == loop_core ? loop_traits_ : lane_traits{}};
  } catch (const std::exception& error) {
    spdlog::error("cannot start a worker of {}: {}", name_of(core), error.what());
    caf::anon_send(supervisor_actor{this}, atom::unspawned_v, lane);
  }

  lane_actor spawn_lane(const worker_options& options, const worker_links& links) {
    if (options.core == loop_core) return spawn_loop_lane(system(), unit_, options, links);
    if (options.isolation == isolation::process) return spawn_process_lane(system(), options, links);
    return spawn_worker(system(), options, links);
  }

  void spawn_later(uint32_t core, duration delay) override { delayed_send(this, delay, atom::respawn_v, core); }

  void joined(lane_id lane) override {
    const known_worker& worker = workers_.at(lane.value);
    caf::anon_send(links_.broker, atom::joined_v, lane, worker.handle, worker.traits);
  }

  void cooling(lane_id lane) override { caf::anon_send(links_.broker, atom::cooling_v, lane, drain_listener{this}); }

  void left(lane_id lane, death cause) override { caf::anon_send(links_.broker, atom::left_v, lane, cause); }

  // An exit message waits behind the jobs already sent: those are still run.
  void end(lane_id lane) override {
    const auto worker = workers_.find(lane.value);
    if (worker != workers_.end()) caf::anon_send_exit(worker->second.handle, caf::exit_reason::user_shutdown);
  }

  void event(core_event event, uint32_t core) override {
    const std::string whose = name_of(core);
    if (event == core_event::given_up) spdlog::critical("{} rests for a while: its workers crashed too often", whose);
    if (event == core_event::restarted) spdlog::warn("the worker of {} is started again", whose);
    if (event == core_event::stuck) spdlog::error("the worker of {} hangs: its thread is abandoned", whose);
    if (event == core_event::rotated) spdlog::debug("the worker of {} was replaced", whose);
    caf::anon_send(links_.metrics, atom::core_v, event);
  }

  void unstaffed() override {
    spdlog::critical("no worker is left and every core rests: requests end with no-worker until one is back");
    caf::anon_send(links_.broker, atom::unstaffed_v);
  }

  void too_many_stuck() override { too_many_stuck_(); }

  // Those that still wait are answered first.
  void absent_too_long() override {
    caf::anon_send(links_.broker, atom::unstaffed_v);
    last_words_said_ = true;
    delayed_send(this, last_words_time, atom::absent_v);
  }

  // Memory is the whole process's. To ask for it is a call of the system, and mostly there is no budget.
  [[nodiscard]] lane_usage usage_of(const worker_report& report) const {
    return {.bytes_handed_out = report.bytes_handed_out,
            .trims = report.trims,
            .resident_bytes = memory_counts_ ? memory_of(report) : 0};
  }

  // Of the worker's own process, if it has one.
  static uint64_t memory_of(const worker_report& report) {
    return report.resident_bytes > 0 ? report.resident_bytes : resident_bytes().value_or(0);
  }

  void down(const caf::down_msg& message) {
    const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                     [&](const auto& w) { return w.second.handle.address() == message.source; });
    if (worker != workers_.end()) gone({worker->first}, death_of(message.reason));
  }

  void gone(lane_id lane, death cause) {
    workers_.erase(lane.value);
    roster_.down(lane, cause, clock().now());
    people_changed();
  }

  // Metrics first: who is answered may ask it what has changed.
  void people_changed() {
    const health_report health = roster_.health();
    if (health != told_) caf::anon_send(links_.metrics, atom::health_of_v, told_ = health);
    answer_if_settled();
    leave_if_done();
    plan_look_for_absence();
  }

  void plan_look_for_absence() {
    const auto until = roster_.absent_until();
    if (!until || std::exchange(absent_planned_, true)) return;
    delayed_send(this, std::max(*until - clock().now(), duration{0}), atom::absent_v);
  }

  void answer_if_settled() {
    if (roster_.health().lanes_starting > 0) return;
    for (auto& promise : std::exchange(waiting_, {})) promise.deliver(roster_.health());
  }

  void leave_if_done() {
    if (roster_.closed() && roster_.empty()) quit(caf::exit_reason::user_shutdown);
  }

  struct known_worker {
    lane_actor handle;
    lane_traits traits;
  };

  worker_options template_;
  worker_options loop_template_;
  lane_traits loop_traits_;
  loop_unit* unit_;
  int32_t stall_core_;
  bool memory_counts_;
  bool age_counts_;
  std::function<void()> too_many_stuck_;
  std::function<void()> absent_too_long_;
  supervisor_links links_;
  roster roster_;
  std::map<uint32_t, known_worker> workers_; ///< by lane; the stuck too, who may come back
  bool absent_planned_ = false;
  bool last_words_said_ = false;
  health_report told_; ///< what metrics heard last
  std::vector<caf::typed_response_promise<health_report>> waiting_;
};

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_options options, supervisor_links links) {
  if (options.own_thread) return system.spawn<supervisor, caf::detached>(std::move(options), std::move(links));
  return system.spawn<supervisor>(std::move(options), std::move(links));
}

} // namespace texlex
