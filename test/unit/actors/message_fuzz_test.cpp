// Chance decides which actor runs next, which messages are lost, doubled, late, out of order or the death of who they
// are for, which workers die and which jobs are cancelled. However it falls, every job is answered as in simulated
// worlds (test/support/answer_watch.hpp): once, rightly if it is answered ok, and else for a reason.
//
// What happens to messages are rules of actors/fault, from the seed. What this adds is who runs next, and what is
// asked.
//
// A failure prints its seed; TEXLEX_SEED=<seed> replays that one alone. The seeds of a plain run are fixed.
//
// Not lost here, as nothing could make up for it (see lost_message_test): submit, answer, joined, ready, left,
// unstaffed. A lane that loses a run or a finish dies some time later, since only then its job may go on if no other
// lane was idle. Words about a lane are not reordered: one actor's words to another stay in order.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/fault/fault_script.hpp"
#include "test/support/answer_watch.hpp"
#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::house_options;
using test::verdict;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(message_fuzz_test)

namespace {

constexpr uint32_t jobs_each = 50;
constexpr std::chrono::milliseconds long_delay{30};
#if defined(TEXLEX_SANITIZED) // each takes six times as long
constexpr uint64_t seeds = 120;
#else
constexpr uint64_t seeds = 300;
#endif

// Chances in thousandths.
struct weather {
  fault::fault_rates messages{};
  uint32_t killed = 0;    ///< of a worker, at each step
  uint32_t cancelled = 0; ///< of a job
  uint32_t deadly = 0;    ///< of a document to make its worker throw
  bool closes = false;    ///< in the middle
};

class fuzzed_house {
public:
  explicit fuzzed_house(uint64_t seed) : chance_(seed), weather_(any_weather()), house_(any_options()) {
    const fault::fault_rates& usual = weather_.messages;
    fault::fault_rates of_results = usual, of_rings = usual;
    of_results.kill = of_rings.kill = 0; // they are for the broker
    of_rings.drop *= 3;
    house_.runs = to_a_lane(fault::by_seed(chance_(), usual));
    house_.finishes = to_a_lane(fault::by_seed(chance_(), of_results));
    house_.rings = [rule = fault::by_seed(chance_(), of_rings), nth = size_t{0}](job_id) mutable {
      return rule(nth++, {});
    };
    const fault::fault_rates only_late{.delay = usual.delay, .delay_max = usual.delay_max};
    house_.rule_of_words = [rule = fault::by_seed(chance_(), only_late), nth = size_t{0}](const auto& word) mutable {
      return word.starts_with("drained") ? rule(nth++, {}) : verdict{};
    };
  }

  void run() {
    const uint64_t last_before_close = weather_.closes ? 1 + up_to(jobs_each - 1) : UINT64_MAX;
    while (next_id_ <= jobs_each) {
      step();
      if (next_id_ > last_before_close && !closed_) close();
    }
    for (uint32_t i = up_to(200); i > 0; --i) step();
    settle();
  }

  void check() {
    for (uint64_t id = 1; id < next_id_; ++id) check_answers(id);
    const metrics_report stats = house_.stats();
    BOOST_REQUIRE(stats.requests == next_id_ - 1);
    for (uint32_t s = 0; s < status_count; ++s) seen_[s] += stats.requests_by_status[s];
    seen_hedges_won_ += stats.hedges_won;
    seen_rotations_ += stats.rotations;
    seen_restarts_ += stats.restarts;
    seen_given_up_ += stats.cores_given_up;
  }

  // Every core not given up has a worker again, and none of them is taken for busy.
  void check_that_the_house_is_whole() {
    const health_report health = house_.health();
    BOOST_REQUIRE(health.lanes_starting == 0u);
    BOOST_REQUIRE(health.lanes_alive <= cores_); // a core given up in the middle of a rotation keeps its last worker
    BOOST_REQUIRE(health.lanes_alive + health.cores_given_up >= cores_);
    if (closed_) return;
    house_.finishes = [](lane_id, job_id) { return verdict{verdict::delay, 1ms}; };
    house_.run_log();
    for (uint32_t i = 0; i < health.lanes_alive; ++i) submit();
    house_.run();
    const std::string runs = house_.run_log();
    BOOST_REQUIRE(std::count(runs.begin(), runs.end(), 'r') == health.lanes_alive);
    house_.pass(1ms);
    for (uint64_t id = next_id_ - health.lanes_alive; id < next_id_; ++id) check_answers(id);
  }

  // Who ran what when, and what came of it.
  std::string diary() {
    std::string text = house_.words() + "\n" + house_.run_log() + "\n";
    for (uint64_t id = 1; id < next_id_; ++id)
      for (const outcome& answer : house_.answers(id)) text += std::string{name_of(answer.status)} + " ";
    return text;
  }

  // Over all seeds: chance must have tried what this test is about.
  static inline std::array<uint64_t, status_count> seen_{};
  static inline uint64_t seen_hedges_won_ = 0, seen_rotations_ = 0, seen_restarts_ = 0, seen_given_up_ = 0;

private:
  /// A lane that lost a message, and when it dies of it.
  struct doom {
    instant when;
    uint32_t lane;
  };

  bool likely(uint32_t thousandths) { return chance_() % 1000 < thousandths; }
  uint32_t up_to(uint32_t most) { return static_cast<uint32_t>(chance_() % (most + 1)); }
  duration any_time() { return std::chrono::microseconds{up_to(static_cast<uint32_t>(long_delay / 1us))}; }

  weather any_weather() {
    return {.messages = {.drop = likely(500) ? up_to(50) : 0,
                         .duplicate = likely(500) ? up_to(200) : 0,
                         .hold = likely(300) ? up_to(100) : 0,
                         .kill = likely(300) ? up_to(20) : 0,
                         .delay = likely(700) ? up_to(500) : 0,
                         .delay_max = long_delay},
            .killed = likely(500) ? up_to(10) : 0,
            .cancelled = likely(500) ? up_to(300) : 0,
            .deadly = likely(300) ? up_to(100) : 0,
            .closes = likely(100)};
  }

  house_options any_options() {
    hook_ = std::make_shared<crash_hook>("KILL", 20);
    return {.cores = cores_ = 1 + up_to(3),
            .waiting_max = likely(200) ? 3u : 64u,
            .hedge = hedging(!likely(100)),
            .budgets = {.alloc_mb = 0, .major_cycles = likely(500) ? 1 + up_to(10) : 0},
            .restart = {.restarts_max = likely(200) ? up_to(3) : 1000u},
            .document_bytes_max = 1000,
            .resident_bytes = 0,
            .crash = hook_};
  }

  static hedge_options hedging(bool enabled) {
    hedge_options options = test::unlimited(hedge_options::fixed(10ms));
    options.enabled = enabled;
    return options;
  }

  // A rule for what passes between a lane and the broker, by the number of the message over all lanes. Who loses one is
  // doomed.
  std::function<verdict(lane_id, job_id)> to_a_lane(fault::fault_rule rule) {
    return [this, rule = std::move(rule), nth = size_t{0}](lane_id lane, job_id) mutable {
      const verdict fate = rule(nth++, {});
      if (fate.what == verdict::drop) doomed_.push_back({house_.now() + any_time(), lane.value});
      lanes_lost_ |= fate.what == verdict::drop || fate.what == verdict::kill;
      return fate;
    };
  }

  void step() {
    const uint32_t what = up_to(99);
    if (what < 70) return run_anyone();
    if (what < 80) return pass(std::chrono::microseconds{up_to(2000)});
    if (what < 81) return house_.release_held();
    if (likely(weather_.killed)) kill_anyone();
    if (likely(weather_.cancelled)) cancel(1 + up_to(static_cast<uint32_t>(next_id_)));
    if (what < 90 && next_id_ <= jobs_each) submit();
  }

  // Any actor that has a message may be next: that is how threads interleave.
  void run_anyone() {
    auto& ready = house_.scheduler().jobs;
    if (ready.empty()) return;
    std::rotate(ready.begin(), ready.begin() + up_to(static_cast<uint32_t>(ready.size()) - 1), ready.end());
    house_.scheduler().run_once();
  }

  void pass(duration time) {
    house_.scheduler().advance_time(time);
    std::erase_if(doomed_, [this](const doom& next) {
      if (next.when > house_.now()) return false;
      house_.kill(next.lane);
      return true;
    });
  }

  void cancel(uint64_t id) {
    cancelled_.insert(id);
    house_.cancel(id);
  }

  void kill_anyone() {
    lanes_lost_ = true;
    if (const auto lanes = house_.live_lanes(); !lanes.empty())
      house_.kill(lanes[up_to(static_cast<uint32_t>(lanes.size()) - 1)]);
  }

  void submit() {
    const bool deadly = likely(weather_.deadly);
    lanes_lost_ |= deadly;
    std::string text = deadly ? "KILL" : "";
    for (uint32_t i = up_to(40); i > 0; --i) text += "a\\ {}%\n$ \xff"[up_to(10)];
    texts_.push_back(text);
    house_.submit(next_id_++, text);
  }

  void close() {
    house_.close();
    closed_ = true;
  }

  bool all_answered() {
    for (uint64_t id = 1; id < next_id_; ++id)
      if (house_.answers(id).empty()) return false;
    return true;
  }

  // No new faults but those under way; then time enough for all back-offs, and for a second answer to show itself.
  void settle() {
    house_.runs = house_.finishes = {};
    house_.rings = {};
    house_.rule_of_words = {};
    for (int ms = 0; ms < 60'000 && !all_answered(); ms += 10) calm_step();
    for (int ms = 0; ms < 6000; ms += 10) calm_step();
  }

  void calm_step() {
    house_.release_held();
    house_.run();
    pass(10ms);
    house_.run();
  }

  void check_answers(uint64_t id) {
    test::answer_watch watch;
    const test::answer_reasons reasons{.cancelled = cancelled_.contains(id),
                                       .lanes_lost = lanes_lost_,
                                       .lost_at_work = lanes_lost_,
                                       .shut_down = closed_};
    const auto holds = [id](const char* wrong) {
      BOOST_REQUIRE_MESSAGE(wrong == nullptr, "job " << id << ": " << wrong);
    };
    for (const outcome& answer : house_.answers(id)) {
      holds(watch.answered());
      holds(test::wrong_with(answer, counts_of(texts_[id - 1]), reasons));
      BOOST_REQUIRE((answer.origin == origin::none) == (answer.status != status::ok));
      BOOST_REQUIRE((answer.status != status::no_worker || house_.health().cores_given_up > 0));
    }
    holds(watch.ended());
  }

  std::mt19937_64 chance_;
  weather weather_;
  uint32_t cores_ = 0;
  std::shared_ptr<crash_hook> hook_;
  virtual_house house_;
  std::vector<doom> doomed_;
  std::vector<std::string> texts_;
  std::set<uint64_t> cancelled_;
  uint64_t next_id_ = 1;
  bool lanes_lost_ = false;
  bool closed_ = false;
};

void check(uint64_t seed) {
  BOOST_TEST_CONTEXT("TEXLEX_SEED=" << seed) {
    fuzzed_house house{seed};
    house.run();
    house.check();
    house.check_that_the_house_is_whole();
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(every_job_is_answered_exactly_once) {
  if (const char* replay = std::getenv("TEXLEX_SEED")) return check(std::strtoull(replay, nullptr, 10));
  for (uint64_t seed = 1; seed <= seeds; ++seed) check(seed);
  for (const status s :
       {status::ok, status::cancelled, status::worker_lost, status::overload, status::no_worker, status::shutting_down})
    BOOST_TEST(fuzzed_house::seen_[static_cast<size_t>(s)] > 0u, name_of(s) << " never came");
  BOOST_TEST(fuzzed_house::seen_hedges_won_ > 0u);
  BOOST_TEST(fuzzed_house::seen_rotations_ > 0u);
  BOOST_TEST(fuzzed_house::seen_restarts_ > 0u);
  BOOST_TEST(fuzzed_house::seen_given_up_ > 0u);
}

BOOST_AUTO_TEST_CASE(a_seed_replays_exactly) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    fuzzed_house first{seed}, second{seed};
    first.run();
    second.run();
    BOOST_TEST(first.diary() == second.diary());
  }
}

BOOST_AUTO_TEST_SUITE_END()
