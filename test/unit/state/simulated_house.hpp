// Dispatcher and roster in a world of chance: virtual time, workers that are slow, die or say things twice, timers that
// ring although disarmed, clients that cancel. Everything follows from one seed.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "actors/state/dispatcher.hpp"
#include "actors/state/roster.hpp"
#include "runtime/invariant.hpp"
#include "test/unit/state/jobs.hpp"

namespace texlex::test {

/// Chances in thousandths.
struct weather {
  uint32_t cores = 2;
  uint32_t jobs = 1000;
  uint32_t death = 0;      ///< of a worker, for each run
  uint32_t stillbirth = 0; ///< of a worker before it is ready
  uint32_t cancel = 0;     ///< of a job
  uint32_t echo = 0;       ///< of a finish told twice
  uint32_t slow = 50;      ///< of a run that takes 40 times as long
  uint32_t close = 0;      ///< of a shutdown in the middle
  bool eject = true;       ///< slow lanes are left out for a while
};

class simulated_house : dispatch_effects, roster_effects {
public:
  simulated_house(uint64_t seed, const weather& w)
    : chance_(seed), weather_(w), broker_(options(w), *this),
      people_({cores(w.cores), {.alloc_mb = 1, .major_cycles = 0}, {}}, *this) {}

  /// Runs until nothing is left to happen. Aborts if an invariant breaks.
  void run() {
    people_.start(now_);
    instant when{};
    for (uint64_t id = 1; id <= weather_.jobs; ++id) client(id, when += microseconds(0, 2500));
    if (likely(weather_.close)) at(microseconds(0, 1000) * weather_.jobs, [this] { broker_.at(now_).close(); });
    while (!events_.empty()) {
      const auto next = std::move(const_cast<happening&>(events_.top())); // moved out, then popped
      events_.pop();
      now_ = next.when;
      next.happens();
      broker_.check_invariants();
      people_.check_invariants();
    }
  }

  [[nodiscard]] uint64_t answers(uint64_t id) const {
    const auto found = answers_.find(id);
    return found == answers_.end() ? 0 : found->second;
  }
  [[nodiscard]] uint64_t by_status(status s) const { return by_status_[static_cast<size_t>(s)]; }
  [[nodiscard]] const hedge_counts& hedges() const { return broker_.hedges(); }
  [[nodiscard]] uint64_t rotations() const { return people_.rotations(); }
  [[nodiscard]] uint64_t deaths() const { return deaths_; }
  [[nodiscard]] size_t in_flight() const { return broker_.lanes().in_flight(); }

private:
  struct happening {
    instant when;
    uint64_t number; ///< of two at one instant the one planned first comes first
    std::function<void()> happens;
    bool operator<(const happening& other) const { return std::tie(other.when, other.number) < std::tie(when, number); }
  };

  static dispatch_options options(const weather& w) {
    dispatch_options chosen;
    chosen.queue = {.count_max = 64, .count_per_client_max = 64};
    chosen.hedge = hedge_options::fixed(std::chrono::milliseconds{10});
    chosen.hedge.budget.share_permille = 1000; // what copies do is looked at here, not how many there are
    chosen.hedge.budget.ceiling_permille = 1000;
    chosen.eject_slow_lanes = w.eject;
    return chosen;
  }

  static std::vector<uint32_t> cores(uint32_t count) {
    std::vector<uint32_t> list(count);
    for (uint32_t i = 0; i < count; ++i) list[i] = i;
    return list;
  }

  bool likely(uint32_t thousandths) { return chance_() % 1000 < thousandths; }
  duration microseconds(uint32_t low, uint32_t high) {
    return std::chrono::microseconds{low + chance_() % (high - low)};
  }
  void at(duration later, std::function<void()> happens) {
    events_.push({now_ + later, next_number_++, std::move(happens)});
  }

  void client(uint64_t id, instant when) {
    at(when - instant{}, [this, id] { broker_.at(now_).submit(make_job(id)); });
    if (likely(weather_.cancel))
      at(when - instant{} + microseconds(0, 15'000), [this, id] { broker_.at(now_).cancel({id}); });
  }

  void die(lane_id lane) {
    if (alive_.erase(lane.value) == 0) return;
    ++deaths_;
    at(microseconds(0, 200), [this, lane] { people_.down(lane, death::crash, now_); });
  }

  // A run ends before the worker's next word, as one worker's words stay in order.
  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    const duration takes = microseconds(50, 1000) * (likely(weather_.slow) ? 40 : 1);
    if (likely(weather_.death)) return at(takes / 2, [this, lane] { die(lane); });
    const int words = likely(weather_.echo) ? 2 : 1;
    at(takes, [this, lane, id = job->id, words] {
      if (!alive_.contains(lane.value)) return;
      for (int i = 0; i < words; ++i) broker_.at(now_).finished(lane, id, counted(1));
      people_.reported(lane, {.bytes_handed_out = used_[lane.value] += 40'000, .trims = 0}, now_);
    });
  }

  void answer(const closed_job& closed) override {
    ++answers_[closed.last.job->id.value];
    ++by_status_[static_cast<size_t>(closed.result.status)];
    require(closed.last.job->stop.load(), "an answered job is stopped");
  }

  void arm(job_id id, duration delay) override {
    at(delay + microseconds(0, 100), [this, id] {
      if (disarmed_.erase(id.value) == 0 || likely(100)) broker_.at(now_).overdue(id);
    });
  }
  void disarm(job_id id) override { disarmed_.insert(id.value); }
  void drained(lane_id lane) override {
    at({}, [this, lane] { people_.drained(lane); });
  }
  void stuck(lane_id, death) override { require(false, "no run here takes as long as a watchdog waits"); }

  void spawn(lane_id lane, uint32_t) override {
    alive_.insert(lane.value);
    if (likely(weather_.stillbirth)) return at(microseconds(10, 5000), [this, lane] { die(lane); });
    at(microseconds(10, 5000), [this, lane] { people_.ready(lane); });
  }
  void absent_too_long() override { require(false, "there is no limit here"); }
  void too_many_stuck() override { require(false, "nobody hangs here"); }
  void spawn_later(uint32_t core, duration delay) override {
    at(delay, [this, core] { people_.spawn_due(core, now_); });
  }
  void joined(lane_id lane) override { broker_.at(now_).lane_joined(lane); }
  void cooling(lane_id lane) override { broker_.at(now_).lane_cooling(lane); }
  void left(lane_id lane, death cause) override { broker_.at(now_).lane_left(lane, cause); }
  void end(lane_id lane) override {
    require(broker_.lanes().in_flight(lane) == 0, "a lane ends only once it is drained");
    at(microseconds(0, 100), [this, lane] {
      if (alive_.erase(lane.value) != 0) people_.down(lane, death::crash, now_);
    });
  }
  void event(core_event, uint32_t) override {}
  void unstaffed() override { broker_.at(now_).unstaffed(); }

  std::mt19937_64 chance_;
  weather weather_;
  instant now_{};
  std::priority_queue<happening> events_;
  uint64_t next_number_ = 0;
  dispatcher broker_;
  roster people_;
  std::set<uint32_t> alive_;
  std::map<uint32_t, uint64_t> used_;
  std::set<uint64_t> disarmed_;
  std::unordered_map<uint64_t, uint64_t> answers_;
  std::array<uint64_t, status_count> by_status_{};
  uint64_t deaths_ = 0;
};

} // namespace texlex::test
