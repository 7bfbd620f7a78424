// When a core whose worker died gets another one.
#define BOOST_TEST_MODULE restart_policy
#include <boost/test/unit_test.hpp>

#include "actors/state/restart_policy.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

constexpr instant noon{};

} // namespace

BOOST_AUTO_TEST_CASE(the_first_restart_comes_after_10_ms) {
  restart_policy policy;
  BOOST_TEST((policy.failed(0, noon) == duration{10ms}));
}

BOOST_AUTO_TEST_CASE(each_further_failure_doubles_the_delay_up_to_5_s) {
  restart_policy policy;
  duration expected = 10ms;
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST((policy.failed(0, noon + i * 1s) == std::min<duration>(expected, 5s)));
    expected *= 2;
  }
}

BOOST_AUTO_TEST_CASE(the_eleventh_failure_within_60_s_gives_the_core_up_for_good) {
  restart_policy policy;
  for (int i = 0; i < 10; ++i) BOOST_TEST(policy.failed(3, noon + i * 1s).has_value());
  BOOST_TEST(!policy.failed(3, noon + 59s).has_value());
  BOOST_TEST(policy.given_up(3));
  BOOST_TEST(!policy.failed(3, noon + 1h).has_value());
  BOOST_TEST(policy.given_up_count() == 1u);
  policy.check_invariants();
}

BOOST_AUTO_TEST_CASE(failures_older_than_60_s_are_forgotten) {
  restart_policy policy;
  for (int i = 0; i < 10; ++i) BOOST_TEST(policy.failed(0, noon).has_value());
  BOOST_TEST((policy.failed(0, noon + 60s) == duration{10ms}));
  policy.check_invariants();
}

BOOST_AUTO_TEST_CASE(a_worker_that_dies_now_and_then_is_restarted_for_ever) {
  restart_policy policy;
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(policy.failed(0, noon + i * 7s).has_value());
}

BOOST_AUTO_TEST_CASE(each_core_counts_for_itself) {
  restart_policy policy;
  for (int i = 0; i < 11; ++i) static_cast<void>(policy.failed(0, noon));
  BOOST_TEST(policy.given_up(0));
  BOOST_TEST((policy.failed(1, noon) == duration{10ms}));
}
