// What the broker does with jobs, lanes and rings.
#include <boost/test/unit_test.hpp>

#include "actors/state/dispatcher.hpp"
#include "test/unit/state/dispatch_diary.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;
using test::diary;
using test::make_job;

BOOST_AUTO_TEST_SUITE(dispatcher_test)

namespace {

constexpr lane_id one{1}, two{2}, three{3};

struct desk {
  diary said;
  dispatcher broker{{.queue = {.count_max = 2, .count_per_client_max = 2},
                     .queue_control = {},
                     .hedge = hedge_options::fixed(10ms),
                     .lanes = {},
                     .watch = {},
                     .killers = {}},
                    said};
  void submit(uint64_t id) { broker.submit(make_job(id)); }
  ~desk() { broker.check_invariants(); }
};

struct two_lanes : desk {
  two_lanes() {
    broker.lane_joined(one);
    broker.lane_joined(two);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_job_runs_is_timed_and_is_answered, two_lanes) {
  submit(7);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "disarm 7, answer 7 ok by primary");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_job_waits_for_a_lane_and_its_delay_runs_from_its_dispatch, desk) {
  submit(7);
  BOOST_TEST(said.read() == "");
  broker.lane_joined(one);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_becomes_free_takes_the_job_that_waited_longest, two_lanes) {
  for (uint64_t id = 1; id <= 4; ++id) submit(id);
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 2, arm 3");
}

BOOST_FIXTURE_TEST_CASE(when_the_queue_is_full_the_next_job_is_refused, two_lanes) {
  for (uint64_t id = 1; id <= 4; ++id) submit(id);
  said.read();
  submit(5);
  BOOST_TEST(said.read() == "answer 5 overload");
}

BOOST_FIXTURE_TEST_CASE(an_overdue_job_gets_a_copy_on_the_idle_lane_and_the_copy_may_win, two_lanes) {
  submit(7);
  said.read();
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::send_copy));
  BOOST_TEST(said.read() == "run 7 at 2");
  broker.finished(two, {7}, counted(3));
  BOOST_TEST(said.read() == "answer 7 ok by hedge");
  BOOST_TEST(broker.hedges().won == 1u);
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(of_two_attempts_the_one_that_finds_no_memory_leaves_the_answer_to_the_other, two_lanes) {
  submit(7);
  broker.overdue({7});
  said.read();
  broker.finished(two, {7}, {.status = status::overload});
  BOOST_TEST(said.read() == "");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "answer 7 ok by primary");
}

BOOST_FIXTURE_TEST_CASE(where_both_attempts_find_no_memory_the_job_is_told_so, two_lanes) {
  submit(7);
  broker.overdue({7});
  said.read();
  broker.finished(one, {7}, {.status = status::overload});
  BOOST_TEST(said.read() == "");
  broker.finished(two, {7}, {.status = status::overload});
  BOOST_TEST(said.read() == "answer 7 overload by hedge");
}

BOOST_FIXTURE_TEST_CASE(that_a_copy_found_no_memory_is_nothing_to_a_job_that_was_answered, two_lanes) {
  submit(7);
  broker.overdue({7});
  broker.finished(one, {7}, counted(3));
  said.read();
  broker.finished(two, {7}, {.status = status::overload});
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_last_attempt_is_withdrawn_runs_again, two_lanes) {
  submit(7);
  broker.overdue({7});
  broker.lane_left(two, death::crash); // it had begun, and so went ahead of the first attempt
  said.read();
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "run 7 at 1");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "answer 7 ok by primary");
}

BOOST_FIXTURE_TEST_CASE(while_another_attempt_runs_a_withdrawn_one_changes_nothing, two_lanes) {
  submit(7);
  broker.overdue({7});
  said.read();
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "");
  broker.finished(two, {7}, counted(3));
  BOOST_TEST(said.read() == "answer 7 ok by hedge");
}

BOOST_FIXTURE_TEST_CASE(a_loser_occupies_its_lane_until_it_says_so, two_lanes) {
  submit(7);
  broker.overdue({7});
  broker.finished(two, {7}, counted(3));
  said.read();
  submit(8);
  submit(9);
  BOOST_TEST(said.read() == "run 8 at 2, arm 8");
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "run 9 at 1, arm 9");
}

BOOST_FIXTURE_TEST_CASE(no_copy_is_sent_while_jobs_wait_or_lanes_are_busy, two_lanes) {
  submit(1);
  submit(2);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::no_idle_lane));
  submit(3);
  BOOST_TEST((broker.overdue({2}) == hedge_verdict::jobs_waiting));
}

BOOST_FIXTURE_TEST_CASE(a_late_job_for_which_there_was_no_lane_gets_its_copy_when_one_is_free, two_lanes) {
  submit(1);
  submit(2);
  submit(3);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::jobs_waiting));
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 2, arm 3"); // who waits goes first
  broker.finished(two, {3}, counted(1));
  BOOST_TEST(said.read() == "disarm 3, answer 3 ok by primary, run 1 at 2");
  broker.finished(two, {1}, counted(1));
  BOOST_TEST(said.read() == "answer 1 ok by hedge");
}

BOOST_FIXTURE_TEST_CASE(a_late_job_that_is_answered_meanwhile_gets_none, two_lanes) {
  submit(1);
  submit(2);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::no_idle_lane));
  broker.finished(one, {1}, counted(1));
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary");
}

BOOST_FIXTURE_TEST_CASE(a_ring_for_an_answered_job_is_nothing, two_lanes) {
  submit(7);
  broker.finished(one, {7}, counted(3));
  said.read();
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::already_answered));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(the_job_of_a_lane_that_crashed_goes_to_another_once_and_then_ends_as_worker_lost, two_lanes) {
  submit(7);
  said.read();
  broker.lane_left(one, death::crash);
  BOOST_TEST(said.read() == "run 7 at 2");
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::killed_a_worker));
  broker.lane_left(two, death::crash);
  BOOST_TEST(said.read() == "answer 7 worker-lost");
}

BOOST_FIXTURE_TEST_CASE(a_document_that_killed_two_jobs_workers_is_run_no_more_and_others_are, desk) {
  constexpr uint64_t killer = 99;
  uint32_t lane = 0;
  for (const uint64_t id : {7u, 8u}) {
    broker.submit(test::make_job_on(killer, id));
    for (int crash = 0; crash < 2; ++crash) {
      broker.lane_joined({++lane});
      broker.lane_left({lane}, death::crash);
    }
    BOOST_TEST(said.read().ends_with("answer " + std::to_string(id) + " worker-lost"));
  }
  broker.lane_joined({++lane});
  broker.submit(test::make_job_on(killer, 9));
  BOOST_TEST(said.read() == "answer 9 condemned-document");
  submit(10);
  BOOST_TEST(said.read() == "run 10 at 5, arm 10");
}

BOOST_FIXTURE_TEST_CASE(a_job_that_lost_its_lane_is_served_before_those_that_wait, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  broker.lane_left(one, death::crash);
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 1 at 2");
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_job_is_answered_at_once_wherever_it_is, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  said.read();
  broker.cancel({3});
  BOOST_TEST(said.read() == "answer 3 cancelled");
  broker.cancel({1});
  BOOST_TEST(said.read() == "disarm 1, answer 1 cancelled");
  broker.cancel({1});
  broker.finished(one, {1}, counted(1));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_ends_what_it_has_and_is_given_nothing, two_lanes) {
  submit(1);
  said.read();
  broker.lane_cooling(one);
  submit(2);
  submit(3);
  BOOST_TEST(said.read() == "run 2 at 2, arm 2");
  broker.finished(one, {1}, counted(1));
  BOOST_TEST(said.read() == "disarm 1, answer 1 ok by primary, drained 1");
  broker.lane_left(one, death::crash);
  broker.lane_joined(three);
  BOOST_TEST(said.read() == "run 3 at 3, arm 3");
}

BOOST_FIXTURE_TEST_CASE(an_idle_lane_that_cools_is_drained_at_once, two_lanes) {
  broker.lane_cooling(two);
  BOOST_TEST(said.read() == "drained 2");
}

BOOST_FIXTURE_TEST_CASE(when_nobody_will_come_jobs_without_a_lane_end_with_no_worker, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  broker.lane_left(one, death::crash);
  said.read();
  broker.unstaffed();
  BOOST_TEST(said.read() == "");
  broker.lane_left(two, death::crash); // with job 2 on it, its first loss
  BOOST_TEST(said.read() == "disarm 2, answer 2 no-worker, disarm 1, answer 1 no-worker, answer 3 no-worker");
  submit(4);
  BOOST_TEST(said.read() == "answer 4 no-worker");
  broker.lane_joined(three); // a core has rested
  submit(5);
  BOOST_TEST(said.read() == "run 5 at 3, arm 5");
}

BOOST_FIXTURE_TEST_CASE(after_close_all_jobs_end_with_shutting_down, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  said.read();
  broker.close();
  BOOST_TEST(said.read()
             == "disarm 1, answer 1 shutting-down, disarm 2, answer 2 shutting-down, answer 3 shutting-down");
  submit(4);
  BOOST_TEST(said.read() == "answer 4 shutting-down");
}

BOOST_FIXTURE_TEST_CASE(a_job_told_twice_is_answered_once, two_lanes) {
  submit(7);
  submit(7);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_time_is_over_when_it_comes_is_given_to_nobody, two_lanes) {
  const auto late = std::make_shared<job>();
  late->id = {7};
  late->deadline = instant{1s};
  broker.at(instant{1s});
  broker.submit(late);
  BOOST_TEST(said.read() == "answer 7 deadline-exceeded");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_joins_twice_is_one_lane, two_lanes) {
  broker.lane_joined(one);
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  BOOST_TEST(said.read() == "run 1 at 1, arm 1, run 2 at 2, arm 2");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_has_something_is_not_idle_though_it_has_room, desk) {
  broker.lane_joined(one);
  broker.lane_joined(two, {.capacity = 2});
  submit(1);
  submit(2);
  BOOST_TEST(said.read() == "run 1 at 1, arm 1, run 2 at 2, arm 2");
  BOOST_TEST((broker.overdue({1}) != hedge_verdict::send_copy));
  BOOST_TEST(said.read() == "");
}

BOOST_AUTO_TEST_CASE(only_jobs_that_are_answered_ok_earn_copies) {
  diary said;
  dispatch_options options{
    .queue = {}, .queue_control = {}, .hedge = hedge_options::fixed(10ms), .lanes = {}, .watch = {}};
  options.eject_slow_lanes = false; // so that each job begins at the first lane
  options.hedge.budget = {.burst = 1, .ceiling_permille = 1000};
  dispatcher broker{options, said};
  broker.lane_joined(one);
  broker.lane_joined(two);
  uint64_t last = 0;
  const auto copies_of_late_jobs = [&](int jobs, status how) {
    uint64_t copies = 0;
    for (int i = 0; i < jobs; ++i) {
      broker.submit(make_job(++last));
      copies += broker.overdue({last}) == hedge_verdict::send_copy;
      broker.finished(one, {last}, {.status = how});
      broker.finished(two, {last}, {.status = status::cancelled});
    }
    return copies;
  };
  BOOST_TEST(copies_of_late_jobs(100, status::deadline_exceeded) == 1u); // that was saved up
  BOOST_TEST(copies_of_late_jobs(20, status::ok) == 0u);
  BOOST_TEST(copies_of_late_jobs(1, status::ok) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
