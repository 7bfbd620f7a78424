// When a core whose worker died gets another one.
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "actors/state/restart_policy.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(restart_policy_test)

namespace {

constexpr instant noon{};

struct core {
  restart_policy policy;
  ~core() { policy.check_invariants(); }
  restart_plan crashed(instant now) { return policy.failed(0, death::crash, now); }
  restart_plan killed(instant now) { return policy.failed(0, death::outside, now); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_first_restart_comes_after_10_ms, core) { BOOST_TEST((crashed(noon).delay == 10ms)); }

BOOST_FIXTURE_TEST_CASE(each_further_failure_doubles_the_delay_up_to_5_s, core) {
  duration expected = 10ms;
  for (int i = 0; i < 10; ++i) {
    const auto plan = i % 2 == 0 ? crashed(noon + i * 1s) : killed(noon + i * 1s);
    BOOST_TEST((plan.delay == std::min<duration>(expected, 5s)));
    expected *= 2;
  }
}

BOOST_FIXTURE_TEST_CASE(after_the_eleventh_crash_within_60_s_the_core_rests_as_long_and_is_tried_again, core) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(!crashed(noon + i * 1s).rest);
  const auto plan = crashed(noon + 59s);
  BOOST_TEST(plan.rest);
  BOOST_TEST((plan.delay == 60s));
  BOOST_TEST((crashed(noon + 59s + plan.delay).delay == 10ms));
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_cannot_start_uses_up_restarts_too, core) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(!policy.failed(0, death::failure, noon).rest);
  BOOST_TEST(policy.failed(0, death::failure, noon).rest);
}

BOOST_FIXTURE_TEST_CASE(whoever_kills_workers_uses_up_no_restart_however_often, core) {
  for (int i = 0; i < 1000; ++i) {
    const auto plan = killed(noon + i * 10ms);
    BOOST_REQUIRE(!plan.rest);
    BOOST_REQUIRE(plan.delay <= 5s);
  }
  BOOST_TEST(!crashed(noon + 10s).rest);
}

BOOST_FIXTURE_TEST_CASE(failures_older_than_60_s_are_forgotten, core) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(!crashed(noon).rest);
  for (int i = 0; i < 10; ++i) BOOST_TEST(!killed(noon).rest);
  BOOST_TEST((crashed(noon + 60s).delay == 10ms));
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_dies_now_and_then_is_restarted_for_ever, core) {
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(!crashed(noon + i * 7s).rest);
}

BOOST_FIXTURE_TEST_CASE(each_core_counts_for_itself, core) {
  for (int i = 0; i < 11; ++i) static_cast<void>(crashed(noon));
  BOOST_TEST(crashed(noon).rest);
  BOOST_TEST((policy.failed(1, death::crash, noon).delay == 10ms));
}

BOOST_AUTO_TEST_SUITE_END()
