// When a worker is worn, and the order in which it is replaced.
#include <boost/test/unit_test.hpp>

#include "actors/state/rotation_policy.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(rotation_policy_test)

namespace {

constexpr uint64_t mb = uint64_t{1} << 20;
constexpr uint32_t here = 5, there = 6;
constexpr lane_id worn{1}, fresh{2}, other{3}, also_fresh{4};
constexpr instant noon{};

// Of a worker that has just been spawned.
wear wear_of(const rotation_policy& policy, const lane_usage& usage) { return policy.wear_of(here, usage, 0s, noon); }

struct replacing {
  rotation_policy policy{{.alloc_mb = 1, .major_cycles = 1}};
  replacing() { policy.start(here, worn, fresh, wear::used_up, noon); }
  ~replacing() { policy.check_invariants(); }
};

struct memory_budget {
  rotation_policy policy{{.rss_mb = 100}};
  static constexpr lane_usage over{.resident_bytes = 100 * mb}, within{.resident_bytes = 100 * mb - 1};

  wear seen(uint32_t core, const lane_usage& usage, duration later = 0s) {
    policy.memory_seen(core, usage.resident_bytes);
    return policy.wear_of(core, usage, 0s, noon + later);
  }
  void replace() {
    policy.start(here, worn, fresh, wear::too_large, noon);
    BOOST_TEST(policy.ready(fresh).has_value());
    BOOST_TEST(policy.drained(worn));
    BOOST_TEST((policy.gone(worn) == gone_verdict::completed));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_allocation_budget_is_in_units_of_2_to_the_20_bytes) {
  const rotation_policy policy{{.alloc_mb = 5000, .major_cycles = 0}};
  BOOST_TEST((wear_of(policy, {.bytes_handed_out = 5000 * mb - 1}) == wear::none));
  BOOST_TEST((wear_of(policy, {.bytes_handed_out = 5000 * mb}) == wear::used_up));
}

BOOST_AUTO_TEST_CASE(trims_have_a_budget_of_their_own) {
  const rotation_policy policy{{.alloc_mb = 0, .major_cycles = 50}};
  BOOST_TEST((wear_of(policy, {.bytes_handed_out = UINT64_MAX, .trims = 49}) == wear::none));
  BOOST_TEST((wear_of(policy, {.trims = 50}) == wear::used_up));
}

BOOST_AUTO_TEST_CASE(a_budget_of_0_is_none) {
  const rotation_policy policy{{.alloc_mb = 0, .major_cycles = 0}};
  const lane_usage much{.bytes_handed_out = UINT64_MAX, .trims = UINT64_MAX, .resident_bytes = UINT64_MAX};
  BOOST_TEST((policy.wear_of(here, much, 10'000h, noon) == wear::none));
}

BOOST_AUTO_TEST_CASE(a_worker_becomes_too_old_by_and_by_whatever_it_did) {
  const rotation_policy policy{{.max_age = 60s}};
  BOOST_TEST((policy.wear_of(here, {}, 60s - 1ns, noon) == wear::none));
  BOOST_TEST((policy.wear_of(here, {}, 60s, noon) == wear::too_old));
}

BOOST_FIXTURE_TEST_CASE(memory_over_its_budget_is_a_reason_to_replace_a_worker, memory_budget) {
  BOOST_TEST((seen(here, within) == wear::none));
  BOOST_TEST((seen(here, over) == wear::too_large));
}

BOOST_FIXTURE_TEST_CASE(memory_that_is_not_known_is_no_reason, memory_budget) {
  BOOST_TEST((seen(here, {}) == wear::none));
}

BOOST_FIXTURE_TEST_CASE(if_replacing_did_not_help_it_is_not_tried_again_for_a_minute, memory_budget) {
  replace();
  BOOST_TEST((seen(here, over, 1s) == wear::none));
  BOOST_TEST((seen(here, {}, 2s) == wear::none));
  BOOST_TEST((seen(here, over, 60s - 1ns) == wear::none));
  BOOST_TEST((seen(here, over, 60s) == wear::too_large));
}

BOOST_FIXTURE_TEST_CASE(if_memory_was_below_its_budget_again_it_is_tried_at_once, memory_budget) {
  replace();
  BOOST_TEST((seen(here, within, 1s) == wear::none));
  BOOST_TEST((seen(here, over, 2s) == wear::too_large));
}

BOOST_FIXTURE_TEST_CASE(each_core_is_tried_once_for_its_memory, memory_budget) {
  replace();
  BOOST_TEST((seen(there, over, 1s) == wear::too_large));
}

BOOST_FIXTURE_TEST_CASE(a_worker_replaced_for_its_memory_still_has_its_other_budgets, memory_budget) {
  policy = rotation_policy{{.major_cycles = 3, .rss_mb = 100}};
  replace();
  BOOST_TEST((seen(here, {.trims = 3, .resident_bytes = over.resident_bytes}, 1s) == wear::used_up));
}

BOOST_FIXTURE_TEST_CASE(the_old_lane_cools_only_once_its_replacement_is_ready, replacing) {
  BOOST_TEST(!policy.drained(worn));
  BOOST_TEST(!policy.ready(other).has_value());
  BOOST_TEST((policy.ready(fresh) == worn));
  BOOST_TEST((policy.stage(here) == rotation_stage::cooling));
}

BOOST_FIXTURE_TEST_CASE(it_is_told_to_end_only_once_it_is_drained, replacing) {
  BOOST_TEST(policy.ready(fresh).has_value());
  BOOST_TEST(!policy.drained(other));
  BOOST_TEST(policy.drained(worn));
  BOOST_TEST((policy.gone(worn) == gone_verdict::completed));
  BOOST_TEST(policy.completed() == 1u);
  BOOST_TEST(policy.may_start(there, noon));
}

BOOST_FIXTURE_TEST_CASE(there_is_one_rotation_at_a_time, replacing) {
  BOOST_TEST(!policy.may_start(there, noon));
  BOOST_TEST(policy.ready(fresh).has_value());
  BOOST_TEST(!policy.may_start(there, noon));
  BOOST_TEST(policy.drained(worn));
  BOOST_TEST(!policy.may_start(there, noon));
}

BOOST_FIXTURE_TEST_CASE(a_replacement_that_dies_calls_the_rotation_off, replacing) {
  BOOST_TEST((policy.gone(fresh) == gone_verdict::replacement_lost));
  BOOST_TEST(policy.may_start(there, noon));
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
  BOOST_TEST(!policy.may_start(there, noon + 9ms));
  BOOST_TEST(policy.may_start(there, noon + 10ms));
}

BOOST_AUTO_TEST_CASE(several_rotations_may_run_at_once_but_of_a_core_only_one) {
  rotation_policy policy{{.alloc_mb = 1}, 2};
  policy.start(here, worn, fresh, wear::used_up, noon);
  BOOST_TEST(!policy.may_start(here, noon));
  BOOST_TEST(policy.may_start(there, noon));
  policy.start(there, other, also_fresh, wear::used_up, noon);
  BOOST_TEST(policy.running() == 2u);
  BOOST_TEST(!policy.may_start(7, noon));
  policy.check_invariants();
}

BOOST_AUTO_TEST_CASE(of_rotations_at_one_time_each_takes_its_own_steps) {
  rotation_policy policy{{.alloc_mb = 1}, 2};
  policy.start(here, worn, fresh, wear::used_up, noon);
  policy.start(there, other, also_fresh, wear::used_up, noon);
  BOOST_TEST((policy.ready(also_fresh) == other));
  BOOST_TEST(!policy.drained(worn));
  BOOST_TEST((policy.gone(worn) == gone_verdict::old_lane_lost));
  BOOST_TEST(policy.drained(other));
  BOOST_TEST((policy.gone(other) == gone_verdict::completed));
  BOOST_TEST(policy.running() == 0u);
  BOOST_TEST(policy.completed() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
