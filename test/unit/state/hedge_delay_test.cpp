// How long to wait before a copy, as learned of recent attempts.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include "actors/state/hedge_delay.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(hedge_delay_test)

namespace {

constexpr uint64_t small = 4000, large = 200'000;
constexpr instant noon{};

struct learning {
  hedge_delay delays;
  instant time = noon;

  ~learning() { delays.check_invariants(); }

  /// `count` attempts over a window; of a hundred, five take `slow`.
  void window(uint64_t bytes, int count, duration usual, duration slow) {
    for (int i = 0; i < count; ++i) delays.finished(bytes, i % 100 < 95 ? usual : slow, time += 500ms / count);
  }
  void close_window(uint64_t bytes) { delays.finished(bytes, 2ms, time += 500ms); }
  uint64_t us(uint64_t bytes) const { return to_us(delays.delay_for(bytes)); }
};

bool near(uint64_t us, uint64_t wanted) { return us >= wanted && us <= wanted + wanted / 16; }

} // namespace

BOOST_FIXTURE_TEST_CASE(until_a_class_has_a_hundred_attempts_its_delay_is_the_configured_one, learning) {
  BOOST_TEST(us(small) == 10'000u);
  for (int i = 0; i < 99; ++i) delays.finished(small, 2ms, noon);
  close_window(small);
  BOOST_TEST(us(small) == 10'000u);
  close_window(small); // the hundredth is counted
  BOOST_TEST(near(us(small), 2000));
}

BOOST_FIXTURE_TEST_CASE(the_delay_is_the_95th_percentile, learning) {
  window(small, 1000, 3ms, 8ms);
  close_window(small);
  BOOST_TEST(near(us(small), 3000));
  for (int i = 0; i < 1000; ++i) delays.finished(small, i % 100 < 94 ? 3ms : 8ms, time);
  close_window(small);
  BOOST_TEST(near(us(small), 8000));
}

BOOST_FIXTURE_TEST_CASE(each_size_class_has_its_own, learning) {
  window(small, 1000, 2ms, 2ms);
  close_window(small);
  window(large, 1000, 6ms, 6ms);
  close_window(large);
  BOOST_TEST(near(us(small), 2000));
  BOOST_TEST(near(us(large), 6000));
  BOOST_TEST(us(2'000'000) == 10'000u);
}

BOOST_FIXTURE_TEST_CASE(the_delay_is_never_below_the_floor_nor_above_the_ceiling, learning) {
  window(small, 1000, 20us, 50us);
  close_window(small);
  BOOST_TEST(us(small) == 1000u);
  window(large, 1000, 60ms, 90ms);
  close_window(large);
  BOOST_TEST(us(large) == 10'000u);
}

BOOST_AUTO_TEST_CASE(a_configured_delay_below_the_floor_is_kept) {
  hedge_delay delays{{.ceiling = 400us}};
  BOOST_TEST((delays.delay_for(small) == duration{400us}));
  for (int i = 0; i < 1000; ++i) delays.finished(small, 1us, noon + i * 1ms);
  BOOST_TEST((delays.delay_for(small) == duration{400us}));
}

BOOST_AUTO_TEST_CASE(without_learning_the_delay_is_always_the_configured_one) {
  hedge_delay delays{{.learn = false}};
  for (int i = 0; i < 10'000; ++i) delays.finished(small, 2ms, noon + i * 1ms);
  BOOST_TEST((delays.delay_for(small) == duration{10ms}));
  BOOST_TEST(delays.refreshes() == 0u);
}

BOOST_AUTO_TEST_CASE(a_class_is_estimated_at_most_every_half_second_and_at_least_every_three) {
  hedge_delay hasty{{.refresh = 1ms}}, lazy{{.refresh = 60s}};
  for (int ms = 0; ms <= 6000; ++ms) {
    hasty.finished(small, 2ms, noon + ms * 1ms);
    lazy.finished(small, 2ms, noon + ms * 1ms);
  }
  BOOST_TEST(hasty.refreshes() == 12u);
  BOOST_TEST(lazy.refreshes() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_stopped_attempt_counts_as_at_least_so_long, learning) {
  for (int i = 0; i < 900; ++i) delays.finished(small, 2ms, time);
  for (int i = 0; i < 100; ++i) delays.stopped(small, 1ms, time);
  close_window(small);
  BOOST_TEST(near(us(small), 2000)); // they might have ended with the others
  for (int i = 0; i < 900; ++i) delays.finished(small, 2ms, time);
  for (int i = 0; i < 100; ++i) delays.stopped(small, 3ms, time);
  close_window(small);
  BOOST_TEST(us(small) == 10'000u); // a tenth lasts longer than anything that ended
}

BOOST_FIXTURE_TEST_CASE(a_rare_class_is_learned_over_a_longer_window, learning) {
  for (int i = 0; i < 110; ++i) delays.finished(large, 4ms, time += 50ms);
  BOOST_TEST(near(us(large), 4000));
}

BOOST_FIXTURE_TEST_CASE(a_class_too_rare_to_be_known_has_the_configured_delay_again, learning) {
  window(large, 1000, 4ms, 4ms);
  close_window(large);
  BOOST_TEST(near(us(large), 4000));
  for (int i = 0; i < 12; ++i) delays.finished(large, 4ms, time += 1s);
  BOOST_TEST(us(large) == 10'000u);
}

namespace {

/// Of an estimate from the thousand jobs of one window, few of which are slow: far less than what the tests look for.
constexpr double noise = 0.4;

// Jobs of one class, 2000 a second, each hedged after the present delay on another lane: the first to end stops the
// other. Lanes are alike: a tenth of their attempts takes ten times as long.
struct hedged_lanes {
  explicit hedged_lanes(uint64_t seed, bool with_losers = true) : chance(seed), count_losers(with_losers) {}

  std::mt19937_64 chance;
  hedge_delay learned{{.ceiling = 100ms}};
  std::vector<duration> true_lengths;
  instant time = noon;
  bool count_losers;

  duration attempt(double slowness) {
    const bool slow = chance() % 100 < 10;
    std::uniform_real_distribution<double> us{1000, 2000};
    const auto took = std::chrono::microseconds{static_cast<int64_t>(us(chance) * slowness * (slow ? 10 : 1))};
    true_lengths.push_back(took);
    return took;
  }

  void run(duration how_long, double slowness = 1) {
    true_lengths.clear();
    for (const instant end = time + how_long; time < end; time += 500us) job(slowness);
  }

  void job(double slowness) {
    const duration first = attempt(slowness), delay = learned.delay_for(small);
    if (first <= delay) return learned.finished(small, first, time);
    const duration copy = attempt(slowness);
    const bool copy_won = delay + copy < first;
    learned.finished(small, copy_won ? copy : first, time);
    if (!count_losers) return;
    learned.stopped(small, copy_won ? delay + copy : first - delay, time);
  }

  double percentile_us(size_t percent) {
    const auto at = true_lengths.begin() + static_cast<std::ptrdiff_t>(true_lengths.size() * percent / 100);
    std::nth_element(true_lengths.begin(), at, true_lengths.end());
    return static_cast<double>(to_us(*at));
  }
  double delay_us() const { return static_cast<double>(to_us(learned.delay_for(small))); }
};

} // namespace

BOOST_AUTO_TEST_CASE(hedging_does_not_lower_its_own_threshold) {
  hedged_lanes lanes{test::seed()};
  lanes.run(20s);
  BOOST_TEST(lanes.delay_us() == lanes.percentile_us(95), boost::test_tools::tolerance(noise));
}

BOOST_AUTO_TEST_CASE(were_losers_left_out_it_would) {
  hedged_lanes lanes{test::seed(), false};
  lanes.run(20s);
  BOOST_TEST(lanes.delay_us() < lanes.percentile_us(95) / 2);
}

BOOST_AUTO_TEST_CASE(one_second_after_a_slowdown_of_thirty_the_delay_is_as_before) {
  for (const duration odd : {0ms, 130ms, 250ms, 410ms}) { // wherever in a window it ends
    hedged_lanes lanes{test::seed() + 1};
    lanes.run(10s + odd);
    const double before = lanes.percentile_us(95);
    lanes.run(30s, 5);
    BOOST_TEST(lanes.delay_us() > before * 3);
    lanes.run(1001ms);
    BOOST_TEST(lanes.delay_us() == before, boost::test_tools::tolerance(noise));
  }
}

BOOST_AUTO_TEST_SUITE_END()
