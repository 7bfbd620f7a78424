// Local mailboxes lose nothing, so the protocol need not survive every loss. This says what it does survive, and what a
// lost message costs where it does not: the first to look at when lanes are one day reached over a network.
//
//   lost                       cost
//   run, finished              a hedge, if another lane is idle when the job is overdue; else the job is open until its
//                              lane is lost. The lane counts as busy for ever: it needs a time limit of its own
//   overdue, arm               no hedge
//   disarm, cancel             nothing, or the answer the job would have had
//   cooling, drained           no rotation any more; the house goes on
//   report, attempt, request   a count
//   joined, ready, left, unstaffed, submit, answer   not survived: somebody waits for ever. These never cross a network
//                              alone: whoever carries them has to number and repeat them
#include <boost/test/unit_test.hpp>

#include <string>

#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::verdict;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(lost_message_test)

namespace {

constexpr lane_id one{1};
constexpr std::string_view text = "\\a b {c}";

constexpr auto lose = [](auto&&...) { return verdict{verdict::drop}; };

struct house_of_one_lane : virtual_house {
  house_of_one_lane() : virtual_house({.cores = 1}) {}
};

// Every lane is worn by its first job.
struct rotating_house : virtual_house {
  rotating_house() : virtual_house({.budgets = {.alloc_mb = 0, .major_cycles = 1}, .resident_bytes = 0}) { words(); }

  void lose_word(const std::string& lost) {
    rule_of_words = [lost](const std::string& word) { return word == lost ? verdict{verdict::drop} : verdict{}; };
  }
  void check_that_jobs_are_answered() {
    for (uint64_t id = 1; id <= 10; ++id) {
      submit(id, text);
      pass(1ms);
    }
    for (uint64_t id = 1; id <= 10; ++id) BOOST_TEST((answer(id).status == status::ok));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_lost_finish_costs_a_hedge_and_its_lane, virtual_house) {
  finishes = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::drop} : verdict{}; };
  submit(7, text);
  pass(10ms);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
  finishes = {};
  for (uint64_t id = 8; id <= 12; ++id) submit(id, text);
  pass(1s);
  run_log();
  for (uint64_t id = 8; id <= 12; ++id) BOOST_TEST((answer(id).status == status::ok));
  submit(13, text);
  run();
  BOOST_TEST(run_log() == "run 13 at 2"); // lane 1 is taken for busy
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_lost_a_message_comes_back_by_being_replaced, virtual_house) {
  runs = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::drop} : verdict{}; };
  submit(7, text);
  pass(10ms);
  kill(1);
  pass(10ms);
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 1ms}; };
  run_log();
  submit(8, text);
  submit(9, text);
  run();
  BOOST_TEST(run_log().find("at 3") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(without_another_lane_a_lost_run_is_made_up_for_once_its_lane_is_lost, house_of_one_lane) {
  runs = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::drop} : verdict{}; };
  submit(7, text);
  pass_slowly(1s);
  BOOST_TEST(answers(7).empty());
  BOOST_TEST(stats().hedges_skipped == 0u); // told with the answer
  kill(1);
  pass(10ms);
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(stats().hedges_skipped == 1u);
}

BOOST_FIXTURE_TEST_CASE(without_another_lane_a_lost_finish_is_made_up_for_once_its_lane_is_lost, house_of_one_lane) {
  finishes = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::drop} : verdict{}; };
  submit(7, text);
  submit(8, text);
  pass_slowly(1s);
  BOOST_TEST(answers(7).empty());
  BOOST_TEST(answers(8).empty());
  kill(1);
  pass(10ms);
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(answer(8) == counts_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_job_whose_messages_are_lost_can_still_be_cancelled_and_closed, house_of_one_lane) {
  runs = lose;
  submit(7, text);
  submit(8, text);
  pass(1s);
  cancel(7);
  close();
  run();
  BOOST_TEST((answer(7).status == status::cancelled));
  BOOST_TEST((answer(8).status == status::shutting_down));
}

BOOST_FIXTURE_TEST_CASE(a_lost_ring_costs_the_copy_only, virtual_house) {
  rings = lose;
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 50ms}; };
  submit(7, text);
  pass_slowly(100ms);
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(run_log() == "run 7 at 1");
}

BOOST_FIXTURE_TEST_CASE(a_lost_cooling_costs_rotation_only, rotating_house) {
  lose_word("cooling 1");
  check_that_jobs_are_answered();
  BOOST_TEST(words() == "joined 3, cooling 1");
  BOOST_TEST(stats().rotations == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lost_drained_costs_rotation_only, rotating_house) {
  lose_word("drained 1");
  check_that_jobs_are_answered();
  BOOST_TEST(words() == "joined 3, cooling 1, drained 1");
  BOOST_TEST(stats().rotations == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lost_left_leaves_the_job_to_its_hedge, virtual_house) {
  rule_of_words = [](const std::string& word) { return word == "left 1" ? verdict{verdict::drop} : verdict{}; };
  runs = [](lane_id lane, job_id) { return lane == one ? verdict{verdict::delay, 5ms} : verdict{}; };
  submit(7, text);
  pass(1ms);
  kill(1);
  pass_slowly(8ms);
  BOOST_TEST(answers(7).empty());
  pass_slowly(2ms);
  BOOST_TEST(answer(7) == counts_of(text, origin::hedge));
}

BOOST_AUTO_TEST_CASE(a_lost_joined_costs_a_lane) {
  virtual_house house{{}, false};
  house.rule_of_words = [](const std::string& word) { return word == "joined 1" ? verdict{verdict::drop} : verdict{}; };
  house.run();
  for (uint64_t id = 1; id <= 10; ++id) house.submit(id, text);
  house.pass(1s);
  for (uint64_t id = 1; id <= 10; ++id) BOOST_TEST(house.answer(id) == counts_of(text));
  BOOST_TEST(house.run_log().find("at 1") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
