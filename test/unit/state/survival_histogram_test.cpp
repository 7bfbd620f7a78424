// How long attempts last, when some were stopped before they ended.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include "actors/state/survival_histogram.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(survival_histogram_test)

namespace {

struct attempts : survival_histogram {
  ~attempts() { check_invariants(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(where_all_ended_it_is_the_plain_percentile, attempts) {
  for (int i = 0; i < 95; ++i) ended(3);
  for (int i = 0; i < 5; ++i) ended(9);
  BOOST_TEST(outlived_by(0.05).value() == 3u);
  BOOST_TEST(outlived_by(0.04).value() == 9u);
}

// Freireich's leukaemia trial, the textbook example: 0.448 survive week 23, and the estimate never falls below.
BOOST_FIXTURE_TEST_CASE(the_estimate_is_kaplan_and_meiers, attempts) {
  for (uint64_t week : {6u, 6u, 6u, 7u, 10u, 13u}) ended(week);
  for (uint64_t week : {6u, 9u, 10u, 11u}) stopped(week);
  // The data's later weeks lie above 16, where buckets are still exact: 2 weeks a bucket only from 32 on.
  for (uint64_t week : {16u, 22u, 23u}) ended(week);
  for (uint64_t week : {17u, 19u, 20u, 25u, 32u, 32u, 34u, 35u}) stopped(week);
  BOOST_TEST(outlived_by(0.8572).value() == 6u);
  BOOST_TEST(outlived_by(0.8068).value() == 7u);
  BOOST_TEST(outlived_by(0.7530).value() == 10u);
  BOOST_TEST(outlived_by(0.6903).value() == 13u);
  BOOST_TEST(outlived_by(0.6275).value() == 16u);
  BOOST_TEST(outlived_by(0.5379).value() == 22u);
  BOOST_TEST(outlived_by(0.4482).value() == 23u);
  BOOST_TEST(!outlived_by(0.4481).has_value());
}

BOOST_FIXTURE_TEST_CASE(of_attempts_that_were_all_stopped_nothing_is_known, attempts) {
  for (int i = 0; i < 1000; ++i) stopped(500);
  BOOST_TEST(!outlived_by(0.05).has_value());
  BOOST_TEST(!outlived_by(0.99).has_value());
}

BOOST_FIXTURE_TEST_CASE(nothing_counted_has_no_percentile, attempts) { BOOST_TEST(!outlived_by(0.05).has_value()); }

BOOST_FIXTURE_TEST_CASE(a_value_is_told_within_a_sixteenth_and_never_too_low, attempts) {
  for (uint64_t us = 1; us < uint64_t{1} << 24; us += us / 7 + 1) {
    clear();
    ended(us);
    const uint64_t told = outlived_by(0.05).value();
    BOOST_TEST_REQUIRE(told >= us);
    BOOST_TEST_REQUIRE((told - us) * 16 <= us);
  }
}

BOOST_FIXTURE_TEST_CASE(what_lasts_longer_than_2_to_the_24_us_is_counted_as_that, attempts) {
  ended(UINT64_MAX);
  BOOST_TEST(outlived_by(0.05).value() == (1u << 24) - 1);
}

// The true percentile is found although two of five attempts are stopped at a time that has nothing to do with them.
BOOST_FIXTURE_TEST_CASE(stopping_attempts_at_random_does_not_move_the_estimate, attempts) {
  std::mt19937_64 chance{test::seed()};
  std::exponential_distribution<double> length{1.0 / 2000}, patience{1.0 / 3000};
  std::vector<double> all;
  for (int i = 0; i < 200'000; ++i) {
    const double us = length(chance), until = patience(chance);
    all.push_back(us);
    us <= until ? ended(static_cast<uint64_t>(us)) : stopped(static_cast<uint64_t>(until));
  }
  BOOST_TEST(stopped_count() > 70'000u);
  std::nth_element(all.begin(), all.begin() + 190'000, all.end());
  BOOST_TEST(static_cast<double>(outlived_by(0.05).value()) == all[190'000], boost::test_tools::tolerance(0.12));
}

BOOST_AUTO_TEST_CASE(of_attempts_that_were_all_stopped_nobody_knows_how_long_they_take) {
  survival_histogram times;
  for (uint64_t us = 100; us < 110; ++us) times.stopped(us);
  BOOST_TEST(!times.outlived_by(0.5).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
