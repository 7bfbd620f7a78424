// Percentiles exact, and only where the count supports them.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "clients/cli/bench/latency_samples.hpp"

using namespace texlex::load;

BOOST_AUTO_TEST_SUITE(latency_samples_test)

namespace {

// 1, 2, ..., count, shuffled.
latency_samples up_to(uint32_t count) {
  std::vector<uint32_t> us(count);
  std::iota(us.begin(), us.end(), 1);
  std::shuffle(us.begin(), us.end(), std::mt19937_64{count});
  return latency_samples{us};
}

} // namespace

BOOST_AUTO_TEST_CASE(percentiles_are_exact) {
  const auto samples = up_to(100'000);
  BOOST_TEST(*samples.percentile_us(500'000) == 50'000u);
  BOOST_TEST(*samples.percentile_us(990'000) == 99'000u);
  BOOST_TEST(*samples.percentile_us(999'900) == 99'990u);
  BOOST_TEST(*samples.max_us() == 100'000u);
}

BOOST_AUTO_TEST_CASE(a_percentile_is_a_sample_and_never_below_the_share_asked_for) {
  BOOST_TEST(*up_to(101).percentile_us(500'000) == 51u);
  BOOST_TEST(*up_to(1001).percentile_us(900'000) == 901u);
}

BOOST_AUTO_TEST_CASE(ten_samples_must_lie_beyond_a_percentile) {
  BOOST_TEST(up_to(1000).percentile_us(990'000).has_value());
  BOOST_TEST(!up_to(999).percentile_us(990'000).has_value());
  BOOST_TEST(up_to(20).percentile_us(500'000).has_value());
  BOOST_TEST(!up_to(19).percentile_us(500'000).has_value());
}

BOOST_AUTO_TEST_CASE(no_sample_has_no_percentile_and_no_greatest) {
  BOOST_TEST(!up_to(0).percentile_us(500'000).has_value());
  BOOST_TEST(!up_to(0).max_us().has_value());
  BOOST_TEST(up_to(0).curve().empty());
}

BOOST_AUTO_TEST_CASE(one_sample_has_a_greatest_only) {
  BOOST_TEST(*up_to(1).max_us() == 1u);
  BOOST_TEST(!up_to(1).percentile_us(500'000).has_value());
}

BOOST_AUTO_TEST_CASE(a_curve_rises_and_stays_within_what_the_count_supports) {
  for (const uint32_t count : {20u, 100u, 12'345u, 1'000'000u}) {
    const auto curve = up_to(count).curve();
    BOOST_TEST(!curve.empty());
    for (size_t i = 0; i < curve.size(); ++i) {
      BOOST_TEST(curve[i].percentile == 100.0 * curve[i].us / count, boost::test_tools::tolerance(1e-9));
      BOOST_TEST(curve[i].us + samples_beyond_min <= count);
      if (i > 0) BOOST_TEST(curve[i].us > curve[i - 1].us);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_curve_is_dense_towards_the_tail) {
  const auto curve = up_to(1'000'000).curve();
  const auto beyond_p99 = std::ranges::count_if(curve, [](const curve_point& point) { return point.percentile > 99; });
  BOOST_TEST(beyond_p99 >= 50);
  BOOST_TEST(curve.size() < 200u);
}

BOOST_AUTO_TEST_SUITE_END()
