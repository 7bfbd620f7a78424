// A roster in a world of chance: workers become ready, report, drain, die, hang and come back in any order, words come
// twice or about nobody, and time passes. Whatever comes, its books balance and the broker is told no nonsense.
// Everything follows from one seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <random>
#include <set>
#include <vector>

#include "actors/state/roster.hpp"
#include "runtime/invariant.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(roster_chance_test)

namespace {

constexpr uint32_t cores = 4;
constexpr uint32_t stuck_max = 3;

class world : roster_effects {
public:
  world(uint64_t seed, uint32_t at_once) : chance_(seed), at_once_(at_once), people_(options(at_once), *this) {
    people_.start(now_);
  }

  void step() {
    now_ += std::chrono::milliseconds{chance_() % 200};
    any_word({static_cast<uint32_t>(chance_() % (spawned_ + 2))});
    if (chance_() % 4 == 0 && !due_.empty()) {
      const uint32_t core = *due_.begin();
      due_.erase(due_.begin());
      people_.spawn_due(core, now_);
    }
    check();
  }

  void close() {
    people_.close();
    people_.check_invariants();
    for (uint32_t lane = 1; lane <= spawned_; ++lane) people_.down({lane}, death::crash, now_);
    BOOST_TEST(people_.empty());
  }

  [[nodiscard]] uint64_t rotations() const { return people_.rotations(); }
  [[nodiscard]] uint32_t too_many() const { return too_many_; }
  [[nodiscard]] uint32_t hung() const { return hung_; }

private:
  static roster_options options(uint32_t at_once) {
    roster_options chosen;
    for (uint32_t core = 0; core < cores; ++core) chosen.cores.push_back(core);
    chosen.budgets = {.alloc_mb = 1, .rss_mb = 1, .max_age = 5s, .rss_pause = 2s};
    chosen.restart.restarts_max = 1000;
    chosen.rotations_at_once = at_once;
    chosen.stuck_max = stuck_max;
    return chosen;
  }

  void any_word(lane_id lane) {
    switch (chance_() % 12) {
      case 0:
      case 1:
      case 2:
      case 3: return people_.ready(lane);
      case 4:
      case 5: return people_.reported(lane, any_usage(), now_);
      case 6:
      case 7: return people_.drained(lane);
      case 8: return ending_.contains(lane.value) ? people_.down(lane, death::crash, now_) : people_.tick(now_);
      case 9: return people_.down(lane, death::crash, now_);
      case 10: return people_.stuck(lane, death::crash, now_);
      default: return people_.tick(now_);
    }
  }

  lane_usage any_usage() {
    return {.bytes_handed_out = chance_() % (2u << 20), .trims = 0, .resident_bytes = chance_() % (2u << 20)};
  }

  void check() {
    people_.check_invariants();
    require(people_.health().lanes_alive + cooling_.size() == present_.size(), "who joined is hot, or cools, or left");
    require(cooling_.size() <= at_once_, "as many cool as may be replaced at one time");
  }

  void spawn(lane_id lane, uint32_t core) override {
    require(core < cores && lane.value == ++spawned_, "a lane's number is used once");
  }
  void spawn_later(uint32_t core, duration) override { due_.push_back(core); }
  void joined(lane_id lane) override { require(present_.insert(lane.value).second, "a lane joins once"); }
  void cooling(lane_id lane) override {
    require(present_.contains(lane.value), "only who joined cools");
    require(cooling_.insert(lane.value).second, "a lane cools once");
  }
  void left(lane_id lane, death) override {
    require(present_.erase(lane.value) == 1, "only who joined leaves, and once");
    cooling_.erase(lane.value);
  }
  void end(lane_id lane) override { require(ending_.insert(lane.value).second, "a lane is told to end once"); }
  void event(core_event event, uint32_t) override { hung_ += event == core_event::stuck; }
  void unstaffed() override { require(false, "there is always another try"); }
  void absent_too_long() override { require(false, "there is no limit here"); }
  void too_many_stuck() override {
    ++too_many_;
    require(people_.health().lanes_stuck >= stuck_max, "too many are as many as the limit");
  }

  std::mt19937_64 chance_;
  uint32_t at_once_;
  instant now_{};
  uint32_t spawned_ = 0;
  uint32_t too_many_ = 0;
  uint32_t hung_ = 0;
  std::vector<uint32_t> due_;
  std::set<uint32_t> present_, cooling_, ending_;
  roster people_;
};

} // namespace

BOOST_AUTO_TEST_CASE(whatever_comes_the_books_balance) {
  uint64_t rotations = 0, hung = 0;
  for (uint32_t round = 0; round < 200; ++round) {
    world around{test::seed() + round, 1 + round % cores};
    for (int i = 0; i < 2000; ++i) around.step();
    around.close();
    BOOST_TEST(around.too_many() <= 1u);
    rotations += around.rotations();
    hung += around.hung();
  }
  BOOST_TEST(rotations > 0u);
  BOOST_TEST(hung > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
