// When a slow job gets a second copy.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string_view>

#include "actors/state/hedge_policy.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(hedge_policy_test)

namespace {

hedge_question slow_job() { return {.open = true, .running = 1, .other_lane_idle = true}; }

struct policy_of_10ms {
  hedge_policy policy{hedge_options::fixed(10ms)};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_slow_job_gets_a_copy_when_another_lane_is_idle, policy_of_10ms) {
  BOOST_TEST((policy.overdue(slow_job()) == hedge_verdict::send_copy));
  BOOST_TEST(policy.counts().fired == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_late_ring_for_an_answered_job_is_nothing, policy_of_10ms) {
  BOOST_TEST((policy.overdue({}) == hedge_verdict::already_answered));
  BOOST_TEST(policy.counts().skipped == 0u);
}

BOOST_FIXTURE_TEST_CASE(there_is_no_copy_when_no_lane_is_idle, policy_of_10ms) {
  auto question = slow_job();
  question.other_lane_idle = false;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::no_idle_lane));
  BOOST_TEST(policy.counts().skipped == 1u);
  BOOST_TEST(policy.counts().fired == 0u);
}

BOOST_FIXTURE_TEST_CASE(jobs_that_wait_have_a_better_use_for_an_idle_lane, policy_of_10ms) {
  auto question = slow_job();
  question.jobs_waiting = true;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::jobs_waiting));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_overran_holds_a_lane_so_its_copy_goes_before_jobs_that_wait, policy_of_10ms) {
  BOOST_TEST(!policy.overran(4096, 29ms));
  BOOST_TEST(policy.overran(4096, 30ms));
  auto question = slow_job();
  question.jobs_waiting = question.overran = true;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::send_copy));
  question.other_lane_idle = false;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::no_idle_lane));
}

BOOST_FIXTURE_TEST_CASE(one_copy_is_enough, policy_of_10ms) {
  auto question = slow_job();
  question.hedged = true;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::hedged_before));
}

BOOST_FIXTURE_TEST_CASE(a_document_that_killed_a_worker_shall_not_meet_a_second_one_early, policy_of_10ms) {
  auto question = slow_job();
  question.losses = 1;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::killed_a_worker));
}

BOOST_FIXTURE_TEST_CASE(a_job_without_a_lane_is_not_copied, policy_of_10ms) {
  auto question = slow_job();
  question.running = 0;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::not_running));
}

BOOST_FIXTURE_TEST_CASE(the_delay_is_the_configured_one, policy_of_10ms) {
  BOOST_TEST((policy.delay_for(4096) == duration{10ms}));
  BOOST_TEST((policy.delay_for(1'000'000) == duration{10ms}));
}

BOOST_AUTO_TEST_CASE(without_hedging_nothing_is_ever_overdue) {
  hedge_options off = hedge_options::fixed(10ms);
  off.enabled = false;
  const hedge_policy policy{off};
  BOOST_TEST(!policy.delay_for(4096).has_value());
}

BOOST_FIXTURE_TEST_CASE(while_nearly_all_lanes_are_busy_there_is_no_copy, policy_of_10ms) {
  auto question = slow_job();
  question.busy_percent = 81;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::lanes_busy));
  question.busy_percent = 80;
  BOOST_TEST((policy.overdue(question) == hedge_verdict::send_copy));
}

BOOST_FIXTURE_TEST_CASE(copies_are_held_to_their_budget, policy_of_10ms) {
  int copies = 0;
  for (int i = 0; i < 2000; ++i) {
    policy.primary();
    policy.succeeded();
    copies += policy.overdue(slow_job()) == hedge_verdict::send_copy;
  }
  BOOST_TEST(copies <= 2000 * 5 / 100 + 10); // and what the bucket holds at first
  BOOST_TEST(copies >= 2000 * 5 / 100);
  BOOST_TEST((policy.overdue(slow_job()) == hedge_verdict::over_budget));
}

BOOST_FIXTURE_TEST_CASE(a_question_that_ends_without_a_copy_spends_nothing, policy_of_10ms) {
  auto question = slow_job();
  question.jobs_waiting = true;
  for (int i = 0; i < 100; ++i) BOOST_TEST((policy.overdue(question) == hedge_verdict::jobs_waiting));
  BOOST_TEST((policy.overdue(slow_job()) == hedge_verdict::send_copy));
}

BOOST_AUTO_TEST_CASE(a_learned_delay_is_what_most_attempts_take_and_stopped_ones_count_as_longer) {
  hedge_policy policy{{.enabled = true, .delay = {.floor = 1ms, .ceiling = 10ms}, .budget = {}}};
  instant now{};
  for (int i = 0; i < 2000; ++i) {
    policy.ended(4096, 2ms, now += 1ms);
    if (i % 50 == 0) policy.stopped(4096, 2ms, now);
  }
  BOOST_TEST((policy.delay_for(4096) >= duration{1800us}));
  BOOST_TEST((policy.delay_for(4096) <= duration{2400us}));
  BOOST_TEST((policy.delay_for(1 << 20) == duration{10ms})); // nothing is known of these
}

BOOST_AUTO_TEST_CASE(each_verdict_has_a_name_of_its_own_in_the_log) {
  std::set<std::string_view> names;
  for (const hedge_verdict each :
       {hedge_verdict::send_copy, hedge_verdict::already_answered, hedge_verdict::not_running,
        hedge_verdict::hedged_before, hedge_verdict::killed_a_worker, hedge_verdict::jobs_waiting,
        hedge_verdict::no_idle_lane, hedge_verdict::lanes_busy, hedge_verdict::over_budget})
    names.insert(name_of(each));
  BOOST_TEST(names.size() == 9u);
  BOOST_TEST(!names.contains("unknown"));
  BOOST_TEST(names.contains("over-budget"));
}

BOOST_AUTO_TEST_SUITE_END()
