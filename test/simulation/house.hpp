// The decisions of one service put together: dispatcher and roster with their workers, and links to lanes elsewhere.
// What actors do in the service, the timeline does here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/peers/lane_link.hpp"
#include "actors/state/dispatcher.hpp"
#include "actors/state/roster.hpp"
#include "test/simulation/carrier.hpp"
#include "test/simulation/far_host.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/worker.hpp"

namespace texlex::simulation {

class house final : dispatch_effects, roster_effects {
public:
  house(surroundings& around, const world_plan& plan);
  ~house() override;

  void start();
  void submit(const job_ptr& job);
  void cancel(job_id job);
  /// The end: what is open is answered `shutting_down`, and workers end.
  void close();

  /// Who hears how a job ended, and that the queue may stand otherwise.
  answer_function on_answer;
  /// How attempts go on a core here; none: as documents and faults have it. To be set before the start.
  std::function<pace(uint32_t, const job&)> pace_of;
  /// What can be seen of whoever works on a core; none: nothing.
  std::function<lane_signs(uint32_t)> signs_of;

  [[nodiscard]] const queue_pressure& pressure() const noexcept { return pressure_; }
  [[nodiscard]] const dispatcher& broker() const noexcept { return broker_; }
  /// Why it is not at rest; nothing: it is.
  [[nodiscard]] std::optional<leftover> what_is_left() const;
  /// Lanes here that were given up.
  [[nodiscard]] uint64_t written_off() const noexcept { return written_off_; }
  [[nodiscard]] bool was_unstaffed() const noexcept { return unstaffed_; }
  [[nodiscard]] uint64_t rotations() const noexcept { return people_.rotations(); }
  [[nodiscard]] uint64_t orders_resent() const noexcept;
  [[nodiscard]] uint64_t orders_doubled() const noexcept;
  [[nodiscard]] uint64_t far_answers() const noexcept { return far_answers_; }
  /// Those of the dispatcher and the roster, whichever has had an event since the last call.
  void check_invariants();

private:
  struct far_lane;

  // dispatch_effects
  void run(lane_id lane, const job_ptr& job, uint32_t attempt) override;
  void answer(const closed_job& closed) override;
  void arm(job_id id, duration delay) override;
  void disarm(job_id id) override;
  void drained(lane_id lane) override;
  void stuck(lane_id lane, death cause) override;
  lane_signs signs(lane_id lane) override;
  // roster_effects
  void spawn(lane_id lane, uint32_t core) override;
  void spawn_later(uint32_t core, duration delay) override;
  void joined(lane_id lane) override;
  void cooling(lane_id lane) override;
  void left(lane_id lane, death cause) override;
  void end(lane_id lane) override { workers_.at(lane.value)->end_when_done(); }
  void event(core_event, uint32_t) override {}
  void unstaffed() override;
  void absent_too_long() override;
  void too_many_stuck() override;

  /// An event of the dispatcher's, and what it brings about.
  template <class Event>
  void broker_event(const Event& event) {
    event(broker_now());
    settle();
  }
  /// Either for an event.
  [[nodiscard]] dispatcher& broker_now() noexcept;
  [[nodiscard]] roster& people_now() noexcept;
  void settle();
  void plan_tick();
  void to_broker(std::function<void(dispatcher&)> word);
  void tell_cooling(lane_id lane);
  void tell_left(lane_id lane, death cause);
  void to_people(std::function<void(roster&)> word);
  void look_at_ages();
  void finished(lane_id lane, job_id job, const outcome& result, const column_answer_ptr& columns = {});
  void finished_elsewhere(lane_id lane, job_id job, const outcome& result);

  surroundings& around_;
  const world_plan& plan_;
  dispatcher broker_;
  roster people_;
  bool broker_changed_ = true, people_changed_ = true; ///< since their invariants were checked
  uint64_t broker_checks_ = 0;
  queue_pressure pressure_;
  std::map<uint32_t, std::unique_ptr<worker>> workers_; ///< by lane
  std::map<uint32_t, uint32_t> core_of_;                ///< by lane, of those that work here
  std::map<uint32_t, uint64_t> used_;                   ///< bytes handed out
  std::set<uint32_t> cold_;                             ///< lanes that were told to cool, or left
  std::vector<std::unique_ptr<far_lane>> far_;
  std::vector<delivery> answers_; ///< of the event at hand
  std::set<uint64_t> armed_, disarmed_;
  std::vector<std::function<void()>> soon_; ///< what an event has brought about, to be done once it is over
  std::optional<instant> tick_at_;
  instant last_to_broker_{}, last_to_people_{};
  bool closed_ = false;
  bool unstaffed_ = false;
  uint64_t far_answers_ = 0;
  uint64_t written_off_ = 0;
};

} // namespace texlex::simulation
