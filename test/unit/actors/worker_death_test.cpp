// Workers die in the middle of jobs; the jobs are answered all the same.
#include <boost/test/unit_test.hpp>

#include <string>

#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::house_options;
using test::verdict;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(worker_death_test)

namespace {

constexpr lane_id one{1}, two{2};
constexpr std::string_view text = "\\a b {c}";
constexpr std::string_view deadly = "KILL \\a b {c}";

// Lane 1 takes 5 ms to begin: time to kill it.
struct house_with_a_slow_start : virtual_house {
  house_with_a_slow_start() {
    runs = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::delay, 5ms} : verdict{}; };
  }
};

house_options crashing(uint32_t times) { return {.crash = std::make_shared<crash_hook>("KILL", times)}; }

house_options patience(uint32_t restarts) { return {.restart = {.restarts_max = restarts}}; }

// Kills every worker there is, as often as it takes for all cores to be given up.
void give_up_all(virtual_house& house) {
  while (!house.live_lanes().empty()) {
    for (const uint32_t lane : house.live_lanes()) house.kill(lane);
    house.pass(1s);
  }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_job_whose_worker_is_killed_runs_on_another_lane, house_with_a_slow_start) {
  submit(7, text);
  pass(2ms);
  kill(1);
  run();
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2");
  BOOST_TEST(answer(7) == counts_of(text));
  pass_slowly(1s);
  BOOST_TEST(answers(7).size() == 1u);
  BOOST_TEST(words() == "joined 1, joined 2, gone 1, left 1, joined 3");
}

BOOST_AUTO_TEST_CASE(a_worker_that_throws_in_the_middle_of_its_kernel_takes_no_job_with_it) {
  virtual_house house{crashing(1)};
  house.submit(7, deadly);
  house.submit(8, text);
  house.run();
  BOOST_TEST(house.answer(7) == counts_of(deadly));
  BOOST_TEST(house.answer(8) == counts_of(text));
  BOOST_TEST(house.stats().restarts == 1u);
  BOOST_TEST(house.stats().attempts == 2u); // those that came to an end
}

BOOST_AUTO_TEST_CASE(a_job_that_two_workers_died_on_is_worker_lost_and_the_house_goes_on) {
  virtual_house house{crashing(2)};
  const job_ptr job = house.submit(7, deadly);
  house.run();
  BOOST_TEST((house.answer(7) == outcome{.status = status::worker_lost}));
  BOOST_TEST(job->stop.load());
  BOOST_TEST(house.live_lanes().empty());
  const std::string another = std::string{deadly} + "b"; // the hook has fired its two times
  house.submit(8, another);
  house.run();
  BOOST_TEST(house.answers(8).empty());
  house.pass(10ms);
  BOOST_TEST(house.answer(8) == counts_of(another));
  house.submit(9, deadly);
  house.run();
  BOOST_TEST((house.answer(9) == outcome{.status = status::condemned_document}));
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_primary_is_killed_is_answered_by_its_copy, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::delay, 30ms}; };
  submit(7, text);
  pass_slowly(20ms);
  kill(1);
  pass_slowly(100ms);
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2");
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
  BOOST_TEST(stats().hedges_won == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_copy_is_killed_is_answered_by_its_primary, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::delay, 30ms}; };
  submit(7, text);
  pass_slowly(20ms);
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2");
  kill(2);
  pass_slowly(100ms);
  BOOST_TEST(run_log() == "");
  BOOST_TEST(answer(7) == counts_of(text, origin::primary));
  BOOST_TEST(stats().hedges_won == 0u);
}

BOOST_FIXTURE_TEST_CASE(when_both_copies_die_the_job_is_worker_lost, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::delay, 30ms}; };
  submit(7, text);
  pass_slowly(20ms);
  kill(1);
  kill(2);
  pass_slowly(100ms);
  BOOST_TEST((answer(7) == outcome{.status = status::worker_lost}));
}

BOOST_FIXTURE_TEST_CASE(a_job_that_lost_a_worker_gets_no_copy, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::delay, 50ms}; };
  submit(7, text);
  pass_slowly(5ms);
  kill(1);
  pass_slowly(40ms);
  BOOST_TEST(run_log() == "run 7 at 1, run 7 at 2"); // although lane 3 is idle when it rings
  BOOST_TEST(live_lanes().size() == 2u);
  pass_slowly(50ms);
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(stats().hedges_skipped == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_finish_that_comes_after_its_lane_has_left_is_not_a_second_answer, virtual_house) {
  finishes = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::delay, 5ms} : verdict{}; };
  submit(7, text);
  run();
  kill(1);
  run();
  BOOST_TEST(answer(7) == counts_of(text));
  pass_slowly(1s);
  BOOST_TEST(answers(7).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_can_be_cancelled_between_its_two_lives, virtual_house) {
  runs = [](lane_id, job_id) { return verdict{verdict::delay, 5ms}; };
  submit(7, text);
  pass(1ms);
  kill(2); // idle
  run();
  kill(1);
  run();
  cancel(7);
  pass_slowly(1s);
  BOOST_TEST((answer(7) == outcome{.status = status::cancelled}));
  BOOST_TEST(run_log() == "run 7 at 1");
}

BOOST_FIXTURE_TEST_CASE(when_all_workers_die_jobs_wait_for_the_next_ones, house_with_a_slow_start) {
  runs = [](lane_id lane, job_id) { return lane <= two ? verdict{verdict::delay, 5ms} : verdict{}; };
  for (uint64_t id = 1; id <= 5; ++id) submit(id, text);
  pass(1ms);
  kill(1);
  kill(2);
  pass(9'999us);
  for (uint64_t id = 1; id <= 5; ++id) BOOST_TEST(answers(id).empty());
  pass(1us);
  for (uint64_t id = 1; id <= 5; ++id) BOOST_TEST(answer(id) == counts_of(text));
  const std::string log = run_log(); // those that had a lane come first
  BOOST_TEST(log.find("run 3") > log.rfind("run 1"));
  BOOST_TEST(log.find("run 3") > log.rfind("run 2"));
}

BOOST_FIXTURE_TEST_CASE(a_core_whose_workers_keep_dying_is_tried_ever_later, virtual_house) {
  const duration pauses[] = {10ms, 20ms, 40ms, 80ms};
  for (const duration pause : pauses) {
    kill(live_lanes().back());
    kill(live_lanes().front());
    run();
    words();
    pass(pause - 1us);
    BOOST_TEST(live_lanes().empty());
    pass(1us);
    BOOST_TEST(live_lanes().size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(when_all_cores_are_given_up_jobs_end_with_no_worker) {
  virtual_house house{patience(2)};
  house.runs = [](lane_id, job_id) { return verdict{verdict::drop}; };
  house.words();
  give_up_all(house);
  const std::string said = house.words();
  BOOST_TEST(said.ends_with(", unstaffed"));
  house.submit(9, text);
  house.run();
  BOOST_TEST((house.answer(9) == outcome{.status = status::no_worker}));
  const health_report health = house.health();
  BOOST_TEST(health.lanes_alive == 0u);
  BOOST_TEST(health.lanes_starting == 0u);
  BOOST_TEST(health.cores_given_up == 2u);
  BOOST_TEST(house.stats().cores_given_up == 2u);
}

BOOST_AUTO_TEST_CASE(jobs_that_wait_when_the_last_core_is_given_up_end_with_no_worker_too) {
  virtual_house house{patience(1)};
  for (const uint32_t lane : house.live_lanes()) house.kill(lane);
  house.run();
  for (uint64_t id = 1; id <= 5; ++id) house.submit(id, text);
  house.runs = [](lane_id, job_id) { return verdict{verdict::delay, 50ms}; };
  house.pass(10ms);
  BOOST_TEST(house.live_lanes().size() == 2u);
  for (const uint32_t lane : house.live_lanes()) house.kill(lane);
  house.run();
  for (uint64_t id = 1; id <= 5; ++id) BOOST_TEST((house.answer(id) == outcome{.status = status::no_worker}));
}

BOOST_AUTO_TEST_CASE(one_core_given_up_leaves_the_work_to_the_other) {
  virtual_house house{patience(0)};
  house.kill(1);
  house.run();
  BOOST_TEST(house.health().cores_given_up == 1u);
  for (uint64_t id = 1; id <= 5; ++id) house.submit(id, text);
  house.pass(1s);
  for (uint64_t id = 1; id <= 5; ++id) BOOST_TEST(house.answer(id) == counts_of(text));
  BOOST_TEST(house.words() == "joined 1, joined 2, gone 1, left 1");
}

BOOST_FIXTURE_TEST_CASE(an_idle_worker_that_dies_harms_nobody, virtual_house) {
  kill(1);
  run();
  submit(7, text);
  run();
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(run_log() == "run 7 at 2");
}

BOOST_AUTO_TEST_SUITE_END()
