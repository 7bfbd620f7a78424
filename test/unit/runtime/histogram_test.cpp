// Percentiles of many latencies in little memory.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "runtime/histogram.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(histogram_test)

BOOST_AUTO_TEST_CASE(an_empty_histogram_has_no_latency) {
  const histogram none;
  BOOST_TEST(none.count() == 0u);
  BOOST_TEST(none.percentile_us(99) == 0u);
  BOOST_TEST(none.max_us() == 0u);
}

BOOST_AUTO_TEST_CASE(small_values_are_kept_exactly) {
  histogram h;
  for (uint64_t us = 1; us <= 100; ++us) h.record(us);
  BOOST_TEST(h.percentile_us(50) == 50u);
  BOOST_TEST(h.percentile_us(99) == 99u);
  BOOST_TEST(h.percentile_us(100) == 100u);
  BOOST_TEST(h.percentile_us(0) == 1u);
}

BOOST_AUTO_TEST_CASE(a_percentile_is_never_below_the_true_one_and_less_than_1_percent_above_it) {
  std::mt19937_64 chance{42};
  std::vector<uint64_t> values;
  histogram h;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(chance() >> (30 + chance() % 30));
    h.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    const uint64_t truth = values[std::max<size_t>(rank, 1) - 1];
    const uint64_t told = h.percentile_us(percent);
    BOOST_TEST(told >= truth);
    BOOST_TEST(static_cast<double>(told) <= static_cast<double>(truth) * 1.01 + 1);
  }
}

BOOST_AUTO_TEST_CASE(the_greatest_value_is_told_exactly) {
  histogram h;
  h.record(1'000'003);
  BOOST_TEST(h.max_us() == 1'000'003u);
  BOOST_TEST(h.percentile_us(99.9) == 1'000'003u);
}

BOOST_AUTO_TEST_CASE(merging_is_the_same_as_recording_everything_in_one) {
  std::mt19937_64 chance{7};
  histogram left, right, both;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t us = chance() % 5'000'000;
    (i % 3 == 0 ? left : right).record(us);
    both.record(us);
  }
  left.merge(right);
  BOOST_TEST(left.count() == both.count());
  for (double percent = 0; percent <= 100; percent += 0.5)
    BOOST_REQUIRE_EQUAL(left.percentile_us(percent), both.percentile_us(percent));
}

BOOST_AUTO_TEST_CASE(a_value_beyond_all_bounds_is_counted_as_the_greatest_one) {
  histogram h;
  h.record(UINT64_MAX);
  BOOST_TEST(h.count() == 1u);
  BOOST_TEST(h.max_us() == (uint64_t{1} << 36) - 1);
  BOOST_TEST(h.percentile_us(50) == (uint64_t{1} << 36) - 1);
}

BOOST_AUTO_TEST_CASE(clearing_forgets_everything) {
  histogram h;
  h.record(5);
  h.clear();
  BOOST_TEST(h.count() == 0u);
  BOOST_TEST(h.percentile_us(100) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
