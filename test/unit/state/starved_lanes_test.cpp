// Lanes whose threads the system gives a core now and then, in virtual time: where all are, nobody is ejected or given
// up; where one is, it is ejected. A failure prints the seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "actors/state/dispatcher.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::seed;

BOOST_AUTO_TEST_SUITE(starved_lanes_test)

namespace {

constexpr duration step = 250us, slice = 3ms, wait_mean = 400ms;

/// Lanes that always have work, each on a core that others want too or do not.
class starved_house : dispatch_effects {
public:
  starved_house(uint32_t lanes, bool times_told) : chance_(seed()), times_told_(times_told), broker_(options(), *this) {
    for (uint32_t lane = 1; lane <= lanes; ++lane) {
      threads_[lane];
      broker_.at(now_).lane_joined({lane});
    }
  }

  /// `starved`: how many of the first lanes are.
  void live(duration length, uint32_t starved) {
    for (const instant end = now_ + length; now_ < end; now_ += step) {
      while (broker_.waiting().size() < threads_.size()) submit();
      for (auto& [lane, at] : threads_) work(lane, at, lane <= starved);
      if (const auto next = broker_.next_tick(); next && now_ - ticked_ >= *next) broker_.at(ticked_ = now_).tick();
    }
    broker_.check_invariants();
  }

  [[nodiscard]] uint64_t ejections() const { return broker_.ejections(); }
  [[nodiscard]] uint64_t given_up() const { return given_up_; }
  [[nodiscard]] uint64_t answers() const { return answers_; }

private:
  struct thread {
    job_id job;
    duration left{};  ///< of its attempt
    duration slice{}; ///< left of its time on a core
    duration wait{};  ///< until it has one again
    duration ran{};
    bool busy = false;
  };

  static dispatch_options options() {
    dispatch_options chosen;
    chosen.hedge.enabled = false; // copies would hide how long an attempt takes
    return chosen;
  }

  void submit() {
    auto made = std::make_shared<job>();
    made->id = {++last_job_};
    made->client = last_job_ % 16;
    static const std::vector<uint8_t> text(100'000, 'a');
    made->document = std::span{text}.first(last_job_ % 4 == 0 ? 100'000 : 4000);
    broker_.at(now_).submit(std::move(made));
  }

  duration exponential(duration mean) {
    const double factor = -std::log1p(-std::uniform_real_distribution<double>{}(chance_));
    return duration{static_cast<duration::rep>(factor * static_cast<double>(mean.count()))};
  }

  void work(uint32_t lane, thread& at, bool starved) {
    if (!at.busy) return;
    if (starved && at.slice <= 0ns) {
      at.wait -= step;
      if (at.wait > 0ns) return;
      at.slice = slice;
      at.wait = exponential(wait_mean);
    }
    at.slice -= step;
    at.ran += step;
    at.left -= step;
    if (at.left > 0ns) return;
    at.busy = false;
    broker_.at(now_).finished({lane}, at.job, {.status = status::ok}, {.took = now_ - given_[lane]});
  }

  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    thread& at = threads_.at(lane.value);
    at.job = job->id;
    at.left = job->document.size() > 10'000 ? 5ms : 1ms;
    at.busy = true;
    given_[lane.value] = now_;
  }
  void answer(const closed_job&) override { ++answers_; }
  void arm(job_id, duration) override {}
  void disarm(job_id) override {}
  void drained(lane_id) override {}
  void stuck(lane_id, death) override { ++given_up_; }
  // To a hundredth of a second, as the system tells it.
  lane_signs signs(lane_id lane) override {
    if (!times_told_) return {};
    const thread& at = threads_.at(lane.value);
    return {.times = thread_times{.processor_time = at.ran / 10ms * 10ms, .runnable = at.busy}};
  }

  std::mt19937_64 chance_;
  bool times_told_;
  instant now_{1h};
  instant ticked_{};
  std::map<uint32_t, thread> threads_;
  std::map<uint32_t, instant> given_;
  uint64_t last_job_ = 0;
  uint64_t answers_ = 0;
  uint64_t given_up_ = 0;
  dispatcher broker_;
};

} // namespace

BOOST_AUTO_TEST_CASE(where_all_lanes_are_starved_alike_none_is_ejected_or_given_up) {
  for (const uint32_t lanes : {2u, 3u, 4u, 8u}) {
    starved_house house{lanes, true};
    house.live(5s, 0);
    house.live(120s, lanes);
    house.live(5s, 0);
    BOOST_TEST_CONTEXT(lanes << " lanes, seed " << seed()) {
      BOOST_TEST(house.answers() > 1000u);
      BOOST_TEST(house.ejections() == 0u);
      BOOST_TEST(house.given_up() == 0u);
    }
  }
}

// What the test above would not see, were starvation no different here.
BOOST_AUTO_TEST_CASE(where_the_system_does_not_tell_of_threads_a_starved_lane_looks_like_one_that_stalls) {
  starved_house house{4, false};
  house.live(5s, 0);
  house.live(120s, 4);
  BOOST_TEST(house.ejections() > 0u, "seed " << seed());
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_starved_alone_is_ejected_for_being_slow) {
  for (const uint32_t lanes : {2u, 4u}) {
    starved_house house{lanes, true};
    house.live(5s, 0);
    for (int minute = 0; minute < 5 && house.ejections() == 0; ++minute) house.live(60s, 1); // it has little to show
    BOOST_TEST_CONTEXT(lanes << " lanes, seed " << seed()) {
      BOOST_TEST(house.ejections() > 0u);
      BOOST_TEST(house.given_up() == 0u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
