// When a worker is worn, and the order in which it is replaced.
#define BOOST_TEST_MODULE rotation_policy
#include <boost/test/unit_test.hpp>

#include "actors/state/rotation_policy.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t mb = uint64_t{1} << 20;
constexpr lane_id worn{1}, fresh{2}, other{3};
constexpr instant noon{};

struct replacing {
  rotation_policy policy{{.alloc_mb = 1, .major_cycles = 1}};
  replacing() { policy.start(worn, fresh); }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_allocation_budget_is_in_units_of_2_to_the_20_bytes) {
  const rotation_policy policy{{.alloc_mb = 5000, .major_cycles = 0}};
  BOOST_TEST(!policy.worn({.bytes_handed_out = 5000 * mb - 1, .trims = 0}));
  BOOST_TEST(policy.worn({.bytes_handed_out = 5000 * mb, .trims = 0}));
}

BOOST_AUTO_TEST_CASE(trims_have_a_budget_of_their_own) {
  const rotation_policy policy{{.alloc_mb = 0, .major_cycles = 50}};
  BOOST_TEST(!policy.worn({.bytes_handed_out = UINT64_MAX, .trims = 49}));
  BOOST_TEST(policy.worn({.bytes_handed_out = 0, .trims = 50}));
}

BOOST_AUTO_TEST_CASE(a_budget_of_0_is_none) {
  const rotation_policy policy{{.alloc_mb = 0, .major_cycles = 0}};
  BOOST_TEST(!policy.worn({.bytes_handed_out = UINT64_MAX, .trims = UINT64_MAX}));
}

BOOST_FIXTURE_TEST_CASE(the_old_lane_cools_only_once_its_replacement_is_ready, replacing) {
  BOOST_TEST(!policy.drained(worn));
  BOOST_TEST(!policy.ready(other).has_value());
  BOOST_TEST((policy.ready(fresh) == worn));
  BOOST_TEST((policy.stage() == rotation_stage::cooling));
}

BOOST_FIXTURE_TEST_CASE(it_is_told_to_end_only_once_it_is_drained, replacing) {
  BOOST_TEST(policy.ready(fresh).has_value());
  BOOST_TEST(!policy.drained(other));
  BOOST_TEST(policy.drained(worn));
  BOOST_TEST((policy.gone(worn) == gone_verdict::completed));
  BOOST_TEST(policy.completed() == 1u);
  BOOST_TEST(policy.may_start(noon));
}

BOOST_FIXTURE_TEST_CASE(there_is_one_rotation_at_a_time, replacing) {
  BOOST_TEST(!policy.may_start(noon));
  BOOST_TEST(policy.ready(fresh).has_value());
  BOOST_TEST(!policy.may_start(noon));
  BOOST_TEST(policy.drained(worn));
  BOOST_TEST(!policy.may_start(noon));
}

BOOST_FIXTURE_TEST_CASE(a_replacement_that_dies_calls_the_rotation_off, replacing) {
  BOOST_TEST((policy.gone(fresh) == gone_verdict::replacement_lost));
  BOOST_TEST(policy.may_start(noon));
  BOOST_TEST(policy.completed() == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_old_lane_that_dies_first_leaves_its_place_to_the_replacement, replacing) {
  BOOST_TEST((policy.gone(worn) == gone_verdict::old_lane_lost));
  BOOST_TEST(!policy.ready(fresh).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_old_lane_that_dies_while_it_cools_is_replaced_all_the_same, replacing) {
  BOOST_TEST(policy.ready(fresh).has_value());
  BOOST_TEST((policy.gone(fresh) == gone_verdict::unrelated));
  BOOST_TEST((policy.gone(worn) == gone_verdict::completed));
}

BOOST_AUTO_TEST_CASE(after_a_failed_replacement_the_next_waits) {
  rotation_policy policy{{.alloc_mb = 1, .major_cycles = 0}};
  policy.hold_off(noon + 10ms);
  BOOST_TEST(!policy.may_start(noon + 9ms));
  BOOST_TEST(policy.may_start(noon + 10ms));
}
