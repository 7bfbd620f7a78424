// A link to a lane elsewhere: orders, results, and what may be given.
#include <boost/test/unit_test.hpp>

#include <string>
#include <variant>
#include <vector>

#include "test/unit/peers/two_ends.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted, test::two_ends;

BOOST_AUTO_TEST_SUITE(lane_link_test)

BOOST_AUTO_TEST_CASE(numbers_that_were_seen_are_told_by_the_first_that_was_not_and_a_bit_for_each_of_the_next_64) {
  seen_numbers seen;
  BOOST_TEST(seen.add(1));
  BOOST_TEST(!seen.add(1));
  BOOST_TEST(seen.before == 2u);
  BOOST_TEST(seen.add(4));
  BOOST_TEST(seen.before == 2u);
  BOOST_TEST((seen.has(1) && !seen.has(2) && !seen.has(3) && seen.has(4) && !seen.has(5)));
  BOOST_TEST(seen.add(2));
  BOOST_TEST(seen.add(3));
  BOOST_TEST(seen.before == 5u);
  BOOST_TEST(seen.after == 0u);
  BOOST_TEST(seen.add(5 + seen_numbers::window));
  BOOST_TEST(!seen.add(6 + seen_numbers::window)); // nobody could be told of it
  for (uint64_t number = 5; number < 5 + seen_numbers::window; ++number) BOOST_TEST(seen.add(number));
  BOOST_TEST(seen.before == 6 + seen_numbers::window);
}

BOOST_FIXTURE_TEST_CASE(an_order_is_carried_out_and_its_result_told_once, two_ends) {
  BOOST_TEST(link.room() == 1u);
  order(7);
  BOOST_TEST(link.room() == 0u);
  carry();
  BOOST_TEST(lane.begun.size() == 1u);
  end(1, 42);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
  BOOST_TEST(link.in_flight() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_granted_doubles_while_all_ends_well_up_to_the_capacity, two_ends) {
  warm_up();
  BOOST_TEST(link.room() == 4u);
}

BOOST_FIXTURE_TEST_CASE(and_is_halved_once_an_attempt_is_abandoned, two_ends) {
  warm_up();
  order(7);
  link.abandon({7});
  carry();
  BOOST_TEST(lane.stopped == std::vector<uint64_t>{9}, boost::test_tools::per_element());
  end(9, 0);
  carry();
  BOOST_TEST(link.room() == 3u); // what was granted before stays
  for (uint64_t number = 10; number <= 12; ++number) order(number);
  carry();
  end(10, 1);
  carry();
  BOOST_TEST(link.room() == 0u);
  end(11, 1);
  carry();
  BOOST_TEST(link.room() > 0u);
}

BOOST_FIXTURE_TEST_CASE(an_order_that_was_lost_is_sent_again_and_one_that_came_is_not, two_ends) {
  order(7);
  lose();
  for (int i = 0; i < 3; ++i) pass(100ms), carry();
  BOOST_TEST(lane.begun.size() == 1u);
  BOOST_TEST(link.resent() == 1u);
  for (int i = 0; i < 5; ++i) pass(100ms), carry();
  BOOST_TEST(link.resent() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_order_says_what_is_wanted_of_the_document_again_each_time, two_ends) {
  job asked;
  const auto columns = std::make_shared<column_order>();
  columns->columns = 3;
  columns->view = token_view::source;
  columns->unit = position_unit::code_points;
  columns->issues_told_max = 9;
  asked.order = columns;
  work_wanted wanted = work_wanted_of(asked);
  BOOST_TEST((wanted == work_wanted{"", 3, token_view::source, position_unit::code_points, 9}));
  wanted.regime = "expl3";

  link.order({7}, 1, 100, instant::max(), time, wanted);
  lose();
  for (int i = 0; i < 3; ++i) pass(100ms), carry();
  BOOST_REQUIRE(lane.begun.size() == 1u);
  BOOST_TEST((lane.begun.front().wanted == wanted));
}

BOOST_FIXTURE_TEST_CASE(an_order_that_comes_twice_is_carried_out_once, two_ends) {
  order(7);
  const giver_word again = giver.words.front();
  carry();
  port.heard(again, time);
  BOOST_TEST(lane.begun.size() == 1u);
  BOOST_TEST(port.doubled() == 1u);
  end(1, 42);
  port.heard(again, time); // its result may have been lost
  BOOST_TEST(lane.words.size() == 2u);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
}

BOOST_FIXTURE_TEST_CASE(a_result_that_was_lost_is_said_again_until_it_is_known_to_have_come, two_ends) {
  order(7);
  carry();
  end(1, 42);
  lose();
  for (int i = 0; i < 3; ++i) pass(100ms), carry();
  BOOST_TEST(giver.read() == "finished 7 42");
  for (int i = 0; i < 2; ++i) pass(100ms), carry();
  BOOST_TEST(port.held() == 0u);
  BOOST_TEST(giver.read() == "");
}

// Found by texlex-simulate, seed 936373: nothing bounded what a lane held until the next beat.
BOOST_FIXTURE_TEST_CASE(where_many_results_come_between_two_beats_the_giver_tells_of_them_before_the_next, two_ends) {
  for (uint64_t number = 1; number <= 1000; ++number) {
    BOOST_REQUIRE(link.room() > 0u);
    order(number);
    carry();
    end(number, 1);
    carry();
    BOOST_REQUIRE(port.held() <= 16u);
  }
}

BOOST_FIXTURE_TEST_CASE(while_no_result_is_known_to_have_come_what_a_lane_holds_is_bounded, two_ends) {
  uint64_t number = 0;
  while (link.room() > 0) {
    BOOST_REQUIRE(number < 1000u);
    order(++number);
    carry();
    end(number, 1);
    while (!lane.words.empty()) link.heard(std::exchange(lane.words.front(), {}), time), lane.words.pop_front();
    giver.words.clear(); // so that its beats are lost
  }
  BOOST_TEST(number == seen_numbers::window + 4); // and the lane's capacity
  BOOST_TEST(port.held() == number);
  pass(100ms);
  carry();
  BOOST_TEST(port.held() == 0u);
  BOOST_TEST(link.room() == 4u);
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_ends_twice_has_one_result_and_earns_once, two_ends) {
  warm_up();
  order(7);
  carry();
  end(9, 42);
  end(9, 43);
  end(10, 42); // there is no such order
  BOOST_TEST(lane.words.size() == 1u);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
  BOOST_TEST(link.room() == 4u);
}

BOOST_FIXTURE_TEST_CASE(credit_that_comes_late_or_twice_takes_nothing_back, two_ends) {
  warm_up();
  const lane_beat old{.epoch = port.epoch(), .orders = {}, .credit = {.attempts = 1, .bytes = 1000}};
  link.heard(old, time);
  BOOST_TEST(link.room() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_result_that_names_another_job_than_its_order_is_none, two_ends) {
  order(7);
  carry();
  link.heard(link_result{.epoch = port.epoch(), .number = 1, .job = {8}, .result = counted(42), .credit = {}}, time);
  BOOST_TEST(giver.read() == "");
  end(1, 42);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
}

BOOST_FIXTURE_TEST_CASE(a_job_abandoned_twice_is_abandoned_once, two_ends) {
  order(7);
  carry();
  link.abandon({7});
  link.abandon({7});
  BOOST_TEST(giver.words.size() == 1u);
  carry();
  BOOST_TEST(lane.stopped == std::vector<uint64_t>{1}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_ends_after_its_life_has_no_result, two_ends) {
  order(7);
  carry();
  const link_epoch life = port.epoch();
  link.give_up(time);
  carry();
  lane.words.clear();
  port.ended(life, 1, counted(42), time);
  BOOST_TEST(lane.words.empty());
}

BOOST_AUTO_TEST_CASE(the_one_number_that_was_missing_makes_room_for_all_that_came_before_it) {
  seen_numbers seen;
  for (uint64_t number = 2; number <= 1 + seen_numbers::window; ++number) BOOST_TEST(seen.add(number));
  BOOST_TEST(seen.before == 1u);
  BOOST_TEST(seen.add(1));
  BOOST_TEST(seen.before == 2 + seen_numbers::window);
  BOOST_TEST(seen.after == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
