// The broker among real workers and a real timer, in virtual time: each job is answered once, whatever happens to the
// messages on its way.
#include <boost/test/unit_test.hpp>

#include <string>

#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::verdict;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(broker_test)

namespace {

constexpr lane_id one{1};
constexpr std::string_view text = "\\section{A} some $x^2$ text % and a comment\n\n\xff end";

// The first run message to lane 1 is lost on its way.
struct house_that_loses_a_run : virtual_house {
  bool lost = false;
  house_that_loses_a_run() {
    runs = [this](lane_id lane, job_id) {
      return lane == one && !std::exchange(lost, true) ? verdict{verdict::drop} : verdict{};
    };
  }
};

// What lane 1 says to job 7 arrives 50 ms late.
struct house_with_a_slow_lane : virtual_house {
  house_with_a_slow_lane() {
    finishes = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::delay, 50ms} : verdict{}; };
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_job_is_answered_once_with_the_counts_of_the_reference_kernel, virtual_house) {
  const job_ptr job = submit(7, text);
  run();
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(counts_of(text).issue_count > 0u);
  BOOST_TEST(job->stop.load());
  pass(1s);
  BOOST_TEST(answers(7).size() == 1u);
  BOOST_TEST(stats().hedges_fired == 0u);
}

BOOST_FIXTURE_TEST_CASE(jobs_that_share_a_worker_do_not_share_their_counts, virtual_house) {
  const std::string texts[] = {"", "a", "\n\n\n", "\\x\\y\\z", "{}{}%", std::string(10'000, 'b')};
  for (uint64_t id = 0; id < 6; ++id) submit(id + 1, texts[id]);
  run();
  for (uint64_t id = 0; id < 6; ++id) BOOST_TEST(answer(id + 1) == counts_of(texts[id]));
}

BOOST_FIXTURE_TEST_CASE(a_document_longer_than_the_arena_is_refused_and_the_lane_goes_on, virtual_house) {
  submit(1, std::string((16 << 10) + 1, 'a'));
  submit(2, std::string(16 << 10, 'a'));
  run();
  BOOST_TEST((answer(1).status == status::document_too_large));
  BOOST_TEST(answer(2).token_count == (16u << 10) + 1); // and the space its end of line makes
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_run_is_lost_is_hedged_at_its_delay_and_not_before, house_that_loses_a_run) {
  submit(7, text);
  pass(9'999us);
  BOOST_TEST(answers(7).empty());
  BOOST_TEST(run_log() == "run 7 at 1");
  pass(1us);
  BOOST_TEST(run_log() == "run 7 at 2");
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
  BOOST_TEST(stats().hedges_fired == 1u);
  BOOST_TEST(stats().hedges_won == 1u);
  BOOST_TEST(stats().latency.us_max == 10'000u);
}

BOOST_FIXTURE_TEST_CASE(the_delay_runs_from_a_jobs_first_dispatch_not_from_its_submission, virtual_house) {
  finishes = [](lane_id, job_id id) { return id.value <= 2 ? verdict{verdict::delay, 8ms} : verdict{}; };
  runs = [](lane_id lane, job_id id) { return id.value == 3 && lane == one ? verdict{verdict::drop} : verdict{}; };
  for (uint64_t id = 1; id <= 3; ++id) submit(id, text);
  pass(8ms);
  BOOST_TEST(run_log() == "run 1 at 1, run 2 at 2, run 3 at 1");
  pass(9'999us);
  BOOST_TEST(answers(3).empty());
  pass(1us);
  BOOST_TEST(answer(3) == counts_of(text, origin::hedge));
}

BOOST_FIXTURE_TEST_CASE(a_finish_told_twice_is_one_answer, virtual_house) {
  finishes = [](lane_id, job_id) { return verdict{verdict::duplicate}; };
  for (uint64_t id = 1; id <= 6; ++id) submit(id, text);
  pass(1s);
  for (uint64_t id = 1; id <= 6; ++id) BOOST_TEST(answer(id) == counts_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_run_told_twice_is_one_answer, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::duplicate}; };
  for (uint64_t id = 1; id <= 6; ++id) submit(id, text);
  pass(1s);
  for (uint64_t id = 1; id <= 6; ++id) BOOST_TEST(answer(id) == counts_of(text));
  BOOST_TEST(stats().attempts == 12u);
}

BOOST_FIXTURE_TEST_CASE(a_finish_from_a_lane_that_does_not_run_the_job_is_nothing, house_that_loses_a_run) {
  submit(7, text);
  run();
  finished(2, 7, {.status = status::ok, .token_count = 99});
  finished(3, 7, {.status = status::ok, .token_count = 99});
  finished(1, 8, {.status = status::ok, .token_count = 99});
  run();
  BOOST_TEST(answers(7).empty());
  BOOST_TEST(answers(8).empty());
  pass(10ms);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
}

BOOST_FIXTURE_TEST_CASE(a_finish_that_is_late_but_within_the_delay_is_the_answer, virtual_house) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 9'999us}; };
  submit(7, text);
  pass_slowly(1s);
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(run_log() == "run 7 at 1");
}

BOOST_FIXTURE_TEST_CASE(the_losers_late_finish_changes_nothing_and_frees_its_lane, house_with_a_slow_lane) {
  const job_ptr job = submit(7, text);
  pass(9'999us);
  BOOST_TEST(!job->stop.load());
  pass(1us);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
  BOOST_TEST(job->stop.load()); // so that the loser ends early

  submit(8, text); // lane 1 still has the loser
  submit(9, text);
  run();
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2, run 8 at 2, run 9 at 2");

  finishes = {};
  pass(50ms);
  BOOST_TEST(answers(7).size() == 1u);
  submit(10, text);
  run();
  BOOST_TEST(run_log() == "run 10 at 1");
}

BOOST_FIXTURE_TEST_CASE(a_primary_that_wins_after_the_copy_began_stops_the_copy, virtual_house) {
  finishes = [](lane_id lane, job_id) { return verdict{verdict::delay, lane == one ? 12ms : 30ms}; };
  submit(7, text);
  pass_slowly(100ms);
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2");
  BOOST_TEST(answer(7) == counts_of(text, origin::primary));
  BOOST_TEST(stats().hedges_fired == 1u);
  BOOST_TEST(stats().hedges_won == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_begins_after_the_answer_is_stopped_and_counts_for_nothing, virtual_house) {
  runs = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::delay, 20ms} : verdict{}; };
  submit(7, text);
  pass_slowly(15ms);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
  pass(20ms); // lane 1 sees the stop flag at once
  BOOST_TEST(stats().attempts == 2u);
  BOOST_TEST(answers(7).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_job_is_answered_at_once_and_only_once, house_with_a_slow_lane) {
  const job_ptr job = submit(7, text);
  run();
  cancel(7);
  cancel(7);
  run();
  BOOST_TEST((answer(7) == outcome{.status = status::cancelled}));
  BOOST_TEST(job->stop.load());
  pass_slowly(100ms);
  cancel(7);
  run();
  BOOST_TEST(answers(7).size() == 1u);
  BOOST_TEST(run_log() == "run 7 at 1"); // and no hedge
}

BOOST_FIXTURE_TEST_CASE(a_job_that_waits_can_be_cancelled_and_never_runs, virtual_house) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 5ms}; };
  for (uint64_t id = 1; id <= 4; ++id) submit(id, text);
  cancel(3);
  run();
  BOOST_TEST((answer(3).status == status::cancelled));
  pass_slowly(50ms);
  BOOST_TEST(run_log() == "run 1 at 1, run 2 at 2, run 4 at 1");
  BOOST_TEST(answer(4) == counts_of(text));
}

BOOST_FIXTURE_TEST_CASE(cancelling_what_nobody_knows_is_nothing, virtual_house) {
  cancel(7);
  pass(1s);
  BOOST_TEST(answers(7).empty());
}

BOOST_FIXTURE_TEST_CASE(the_waiting_queue_is_bounded_and_the_next_job_is_refused_at_once, virtual_house) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 5ms}; };
  for (uint64_t id = 1; id <= 2 + 64 + 1; ++id) submit(id, text); // two lanes, 64 places
  run();
  BOOST_TEST((answer(67) == outcome{.status = status::overload}));
  BOOST_TEST(answers(66).empty());
  pass_slowly(200ms);
  for (uint64_t id = 1; id <= 66; ++id) BOOST_TEST(answer(id) == counts_of(text));
}

BOOST_FIXTURE_TEST_CASE(close_answers_all_at_once_and_whoever_comes_after, house_with_a_slow_lane) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 5ms}; };
  std::vector<job_ptr> jobs;
  for (uint64_t id = 1; id <= 10; ++id) jobs.push_back(submit(id, text));
  run();
  close();
  run();
  for (uint64_t id = 1; id <= 10; ++id) BOOST_TEST((answer(id) == outcome{.status = status::shutting_down}));
  for (const job_ptr& job : jobs) BOOST_TEST(job->stop.load());
  submit(11, text);
  pass_slowly(100ms);
  BOOST_TEST((answer(11) == outcome{.status = status::shutting_down}));
  for (uint64_t id = 1; id <= 11; ++id) BOOST_TEST(answers(id).size() == 1u);
  BOOST_TEST(run_log() == "run 1 at 1, run 2 at 2");
}

BOOST_FIXTURE_TEST_CASE(the_timer_does_not_ring_for_a_job_that_is_answered, virtual_house) {
  size_t rung = 0;
  rings = [&](job_id) {
    ++rung;
    return verdict{};
  };
  for (uint64_t id = 1; id <= 5; ++id) submit(id, text);
  pass(1s);
  BOOST_TEST(rung == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_ring_after_the_answer_does_nothing, virtual_house) {
  submit(7, text);
  run();
  overdue(7);
  overdue(8); // nor one for a job nobody knows
  run();
  BOOST_TEST(run_log() == "run 7 at 1");
  BOOST_TEST(answers(7).size() == 1u);
  BOOST_TEST(stats().hedges_fired == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_ring_told_twice_is_one_copy, house_with_a_slow_lane) {
  rings = [](job_id) { return verdict{verdict::duplicate}; };
  submit(7, text);
  pass_slowly(100ms);
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2");
  BOOST_TEST(stats().hedges_fired == 1u);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
}

BOOST_FIXTURE_TEST_CASE(a_ring_while_jobs_wait_makes_no_copy_and_is_counted_as_skipped, virtual_house) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 15ms}; };
  for (uint64_t id = 1; id <= 3; ++id) submit(id, text);
  pass_slowly(100ms);
  BOOST_TEST(run_log() == "run 1 at 1, run 2 at 2, run 3 at 1, run 3 at 2");
  BOOST_TEST(stats().hedges_skipped == 2u);
  BOOST_TEST(stats().hedges_fired == 1u);
}

BOOST_FIXTURE_TEST_CASE(runs_that_overtake_each_other_are_answered_by_their_ids, virtual_house) {
  const std::string texts[] = {"a", "a b", "a b c", "a b c d"};
  runs = [](lane_id, job_id id) { return id.value % 2 == 1 ? verdict{verdict::hold} : verdict{}; };
  for (uint64_t id = 1; id <= 4; ++id) submit(id, texts[id - 1]);
  pass_slowly(20ms);
  release_held();
  pass_slowly(20ms);
  for (uint64_t id = 1; id <= 4; ++id) {
    BOOST_REQUIRE(answers(id).size() == 1u);
    BOOST_TEST(answer(id).token_count == counts_of(texts[id - 1]).token_count);
  }
}

BOOST_AUTO_TEST_SUITE_END()
