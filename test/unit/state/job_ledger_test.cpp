// Exactly one outcome a job, whatever its attempts do.
#include <boost/test/unit_test.hpp>

#include "actors/state/job_ledger.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using test::counted;
using test::make_job;

BOOST_AUTO_TEST_SUITE(job_ledger_test)

namespace {

constexpr job_id seven{7};
constexpr lane_id left{1}, right{2}, third{3};

struct one_job {
  job_ptr job = make_job(7);
  job_ledger ledger;
  one_job() { ledger.open(job); }
  ~one_job() { ledger.check_invariants(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_first_outcome_wins_and_the_second_is_stale, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  ledger.dispatched(seven, right, origin::hedge, {});
  const auto closed = ledger.finished(right, seven, counted(42));
  BOOST_REQUIRE(closed.has_value());
  BOOST_TEST(closed->result.token_count == 42u);
  BOOST_TEST((closed->result.origin == origin::hedge));
  BOOST_TEST(!ledger.finished(left, seven, counted(42)).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_primary_is_named_as_the_origin_when_it_wins, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.finished(left, seven, counted(1))->result.origin == origin::primary));
}

BOOST_FIXTURE_TEST_CASE(attempts_that_still_run_are_told_to_stop, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST(!job->stop.load());
  BOOST_TEST(ledger.finished(left, seven, counted(1)).has_value());
  BOOST_TEST(job->stop.load());
}

BOOST_FIXTURE_TEST_CASE(a_word_from_a_lane_that_does_not_run_the_job_is_stale, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST(!ledger.finished(third, seven, counted(1)).has_value());
  BOOST_TEST(!ledger.finished(left, {8}, counted(1)).has_value());
  BOOST_TEST(ledger.open_count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_lane_crashed_runs_once_more, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::run_again));
  ledger.dispatched(seven, right, origin::primary, {});
  BOOST_TEST(ledger.finished(right, seven, counted(3)).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_that_two_lanes_crashed_on_is_a_killer) {
  job_ledger ledger;
  ledger.open(make_job(7));
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::run_again));
  ledger.dispatched(seven, right, origin::primary, {});
  BOOST_TEST((ledger.lost(right, seven, true) == loss_verdict::killer));
  const auto closed = ledger.end(seven, status::worker_lost);
  BOOST_REQUIRE(closed.has_value());
  BOOST_TEST((closed->result.status == status::worker_lost));
  BOOST_TEST((closed->result.origin == origin::none));
  ledger.check_invariants();
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_lanes_are_killed_from_outside_runs_ten_times_and_is_no_killer, one_job) {
  for (int i = 0; i < 9; ++i) {
    ledger.dispatched(seven, left, origin::primary, {});
    BOOST_TEST((ledger.lost(left, seven, false) == loss_verdict::run_again));
  }
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, false) == loss_verdict::lost_for_good));
  BOOST_TEST(ledger.end(seven, status::worker_lost).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_is_lost_from_outside_does_not_count_as_a_crash, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::run_again));
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, false) == loss_verdict::run_again));
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::killer));
  BOOST_TEST(ledger.end(seven, status::worker_lost).has_value());
}

BOOST_FIXTURE_TEST_CASE(while_a_copy_still_runs_a_lost_lane_changes_nothing, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  ledger.dispatched(seven, right, origin::hedge, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::still_running));
  BOOST_TEST((ledger.finished(right, seven, counted(3))->result.origin == origin::hedge));
}

BOOST_FIXTURE_TEST_CASE(losing_a_lane_twice_counts_once, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  ledger.dispatched(seven, right, origin::hedge, {});
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::still_running));
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_job_is_closed_and_its_attempt_becomes_stale, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST((ledger.end(seven, status::cancelled)->result.status == status::cancelled));
  BOOST_TEST(job->stop.load());
  BOOST_TEST(!ledger.end(seven, status::cancelled).has_value());
  BOOST_TEST(!ledger.finished(left, seven, counted(1)).has_value());
  BOOST_TEST((ledger.lost(left, seven, true) == loss_verdict::stale));
}

BOOST_FIXTURE_TEST_CASE(an_open_job_is_not_opened_again, one_job) {
  BOOST_TEST(!ledger.open(make_job(7)));
  BOOST_TEST(ledger.opened() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_only_attempt_is_withdrawn_runs_again_and_that_is_no_loss, one_job) {
  for (uint32_t i = 0; i < 5; ++i) {
    ledger.dispatched(seven, left, origin::primary, {});
    BOOST_TEST((ledger.withdrawn(left, seven) == loss_verdict::run_again));
    BOOST_TEST(ledger.find(seven)->losses == 0u);
  }
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_copy_is_withdrawn_still_runs, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  ledger.dispatched(seven, right, origin::hedge, {});
  BOOST_TEST((ledger.withdrawn(right, seven) == loss_verdict::still_running));
  BOOST_TEST((ledger.withdrawn(right, seven) == loss_verdict::stale));
  BOOST_TEST((ledger.finished(left, seven, counted(3))->result.origin == origin::primary));
}

BOOST_FIXTURE_TEST_CASE(of_a_job_that_is_closed_nothing_is_withdrawn_or_noted_any_more, one_job) {
  ledger.dispatched(seven, left, origin::primary, {});
  BOOST_TEST(ledger.end(seven, status::cancelled).has_value());
  BOOST_TEST((ledger.withdrawn(left, seven) == loss_verdict::stale));
  ledger.armed(seven);
  ledger.rang(seven);
  ledger.hedge_skipped(seven);
  BOOST_TEST(ledger.find(seven) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
