// A link to a lane elsewhere: when a life of it begins and ends, and who is thought gone.
#include <boost/test/unit_test.hpp>

#include <string>
#include <variant>
#include <vector>

#include "test/unit/peers/two_ends.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted, test::lane_side, test::two_ends;

BOOST_AUTO_TEST_SUITE(lane_lives_test)

BOOST_FIXTURE_TEST_CASE(who_is_not_heard_for_long_is_suspected_then_down_and_what_it_had_is_lost, two_ends) {
  warm_up();
  order(7);
  BOOST_TEST(link.room() == 3u);
  for (int i = 0; i < 5; ++i) pass(100ms), lose();
  BOOST_TEST(giver.read() == "suspected");
  BOOST_TEST(link.room() == 0u);
  for (int i = 0; i < 5; ++i) pass(100ms), lose();
  BOOST_TEST(giver.read() == "lost 7, down");
  BOOST_TEST((link.state() == link_state::greeting));
}

BOOST_FIXTURE_TEST_CASE(who_is_heard_again_in_time_is_cleared_and_has_what_it_had, two_ends) {
  order(7);
  carry();
  for (int i = 0; i < 6; ++i) pass(100ms), lose();
  pass(100ms);
  carry();
  BOOST_TEST(giver.read() == "suspected, cleared");
  end(1, 42);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
}

BOOST_FIXTURE_TEST_CASE(who_looks_too_late_himself_judges_nobody, two_ends) {
  pass(100ms);
  lose();
  time += 5s;
  link.tick(time);
  BOOST_TEST(giver.read() == "");
  BOOST_TEST((link.state() == link_state::up));
}

BOOST_FIXTURE_TEST_CASE(each_life_has_a_number_that_no_other_had, two_ends) {
  const link_epoch before = link.epoch();
  link.give_up(time);
  BOOST_TEST(link.epoch().giver == before.giver + 1);
  BOOST_TEST((std::get<link_greeting>(giver.words.back()).epoch == link_epoch{.giver = before.giver + 1, .lane = 0}));
  carry();
  BOOST_TEST(link.epoch().lane > before.lane);
}

BOOST_FIXTURE_TEST_CASE(results_of_a_life_that_is_over_mean_nothing, two_ends) {
  order(7);
  carry();
  end(1, 42);
  const lane_word late = lane.words.front();
  lose();
  for (int i = 0; i < 10; ++i) pass(100ms), lose();
  BOOST_TEST(giver.read() == "suspected, lost 7, down");
  link.heard(late, time);
  BOOST_TEST(giver.read() == "");
  pass(1s);
  carry();
  BOOST_TEST(giver.read() == "up 4");
  BOOST_TEST(port.running() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_late_greeting_or_beat_of_a_life_that_is_over_changes_nothing_in_the_present_one, two_ends) {
  const link_epoch before = link.epoch();
  link.give_up(time);
  carry();
  order(7);
  carry();
  end(1, 42);
  lose();
  port.heard(link_greeting{.epoch = {.giver = before.giver, .lane = 0}}, time);
  port.heard(giver_beat{.epoch = before, .results = {.before = 2}}, time);
  BOOST_TEST(lane.words.empty());
  BOOST_TEST(port.held() == 1u);
  BOOST_TEST((port.epoch() == link.epoch()));
  for (int i = 0; i < 3; ++i) pass(100ms), carry();
  BOOST_TEST(giver.read() == "down, up 4, finished 7 42");
}

BOOST_FIXTURE_TEST_CASE(what_a_lane_said_in_a_life_that_is_over_holds_for_nothing_in_the_present_one, two_ends) {
  const link_epoch before = begin_anew();
  order(7);
  lose();
  link.heard(lane_beat{.epoch = before, .orders = {.before = 100}, .credit = {.attempts = 9, .bytes = 9000}}, time);
  BOOST_TEST(link.room() == 0u);
  link.heard(link_result{.epoch = before, .number = 1, .job = {7}, .result = counted(41), .credit = {}}, time);
  BOOST_TEST(giver.read() == "");
  for (int i = 0; i < 3; ++i) pass(100ms), carry();
  BOOST_TEST(link.resent() == 1u);
  end(1, 42);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
}

BOOST_FIXTURE_TEST_CASE(nor_is_it_a_sign_of_life, two_ends) {
  const link_epoch before = begin_anew();
  for (int i = 0; i < 5; ++i) {
    link.heard(lane_beat{.epoch = before, .orders = {}, .credit = {}}, time);
    link.heard(link_result{.epoch = before, .number = 1, .job = {7}, .result = counted(41), .credit = {}}, time);
    pass(100ms);
    lose();
  }
  BOOST_TEST(giver.read() == "suspected");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_knows_nothing_of_a_life_that_is_over_says_nothing_of_the_present_one, two_ends) {
  const link_epoch before = begin_anew();
  order(7);
  link.heard(link_stranger{.epoch = before}, time);
  BOOST_TEST(giver.read() == "");
  BOOST_TEST(link.in_flight() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_began_anew_says_so_and_what_it_had_is_lost_at_once, two_ends) {
  order(7);
  carry();
  lane_side other;
  lane_port anew{{.epoch_from = 500, .capacity = 2, .document_bytes_max = 1000}, other};
  link.tick(time += 100ms);
  for (const giver_word& each : giver.words) anew.heard(each, time);
  giver.words.clear();
  for (const lane_word& each : other.words) link.heard(each, time);
  BOOST_TEST(giver.read() == "lost 7, down");
  other.words.clear();
  for (const giver_word& each : giver.words) anew.heard(each, time);
  for (const lane_word& each : other.words) link.heard(each, time);
  BOOST_TEST(giver.read() == "up 2");
}

BOOST_FIXTURE_TEST_CASE(a_lane_drops_the_work_of_a_giver_that_is_gone, two_ends) {
  order(7);
  carry();
  for (int i = 0; i < 29; ++i) port.tick(time += 100ms);
  BOOST_TEST(port.running() == 1u);
  port.tick(time += 100ms);
  BOOST_TEST(port.running() == 0u);
  BOOST_TEST(lane.stopped == std::vector<uint64_t>{1}, boost::test_tools::per_element());
  BOOST_TEST((port.next_tick() == instant::max()));
}

BOOST_FIXTURE_TEST_CASE(a_giver_that_is_not_welcomed_greets_again_ever_more_seldom, two_ends) {
  link.give_up(time);
  BOOST_TEST(giver.read() == "down");
  size_t greetings = 0;
  for (int i = 0; i < 100; ++i) {
    pass(100ms);
    greetings += giver.words.size();
    lose();
  }
  BOOST_TEST(greetings >= 5u);
  BOOST_TEST(greetings <= 8u);
}

BOOST_FIXTURE_TEST_CASE(a_link_given_up_while_it_greets_goes_on_greeting, two_ends) {
  link.give_up(time);
  BOOST_TEST(giver.read() == "down");
  link.give_up(time);
  BOOST_TEST(giver.read() == "");
  carry();
  BOOST_TEST(giver.read() == "up 4");
}

BOOST_AUTO_TEST_CASE(a_lane_that_nobody_has_greeted_knows_no_life_not_even_one_without_numbers) {
  lane_side lane;
  lane_port port{{.capacity = 4, .document_bytes_max = 1000}, lane};
  port.heard(link_order{.epoch = {}, .number = 1, .job = {7}, .attempt = 1, .bytes = 1}, instant{1h});
  BOOST_TEST(lane.begun.empty());
  BOOST_REQUIRE(lane.words.size() == 1u);
  BOOST_TEST(std::holds_alternative<link_stranger>(lane.words.front()));
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_leaves_ends_what_it_has_and_hands_back_what_had_not_come, two_ends) {
  warm_up();
  order(1);
  carry();
  order(2); // under way
  giver.words.clear();
  port.leave();
  carry();
  BOOST_TEST(link.leaving());
  BOOST_TEST(link.room() == 0u);
  BOOST_TEST(giver.read() == "back 2");
  pass(100ms);
  carry();
  BOOST_TEST(giver.read() == ""); // it is told again, and is handed back once
  end(9, 42);
  carry();
  BOOST_TEST(giver.read() == "finished 1 42");
  BOOST_TEST(link.in_flight() == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_order_that_comes_after_its_lane_has_left_is_not_begun, two_ends) {
  warm_up();
  order(1);
  port.leave();
  lane.words.clear(); // its word is lost, and said again
  carry();
  BOOST_TEST(lane.begun.empty());
  pass(100ms);
  carry();
  BOOST_TEST(giver.read() == "back 1");
}

BOOST_FIXTURE_TEST_CASE(a_life_that_begins_while_the_lane_leaves_is_told_so, two_ends) {
  port.leave();
  carry();
  begin_anew();
  BOOST_TEST(link.leaving());
  BOOST_TEST(link.room() == 0u);
}

BOOST_FIXTURE_TEST_CASE(who_gives_more_than_was_granted_is_turned_away_with_all_it_has, two_ends) {
  order(1);
  carry();
  BOOST_TEST(lane.begun.size() == 1u);
  port.heard(link_order{.epoch = link.epoch(), .number = 2, .job = {2}, .bytes = 1}, time);
  BOOST_TEST(port.overdrawn() == 1u);
  BOOST_TEST(lane.begun.size() == 1u);
  BOOST_TEST(lane.stopped == std::vector<uint64_t>{1}, boost::test_tools::per_element());
  carry();
  BOOST_TEST(giver.read() == "lost 1, down, up 4");
}

BOOST_FIXTURE_TEST_CASE(bytes_beyond_what_was_granted_turn_away_too, two_ends) {
  port.heard(link_order{.epoch = link.epoch(), .number = 1, .job = {1}, .bytes = 1001}, time);
  BOOST_TEST(port.overdrawn() == 1u);
  BOOST_TEST(lane.begun.empty());
}

BOOST_FIXTURE_TEST_CASE(bytes_beyond_all_numbers_are_no_less_than_what_was_granted, two_ends) {
  warm_up(); // so that there is credit for a second one
  order(1);
  carry();
  lane.begun.clear();
  port.heard(link_order{.epoch = link.epoch(), .number = 10, .job = {2}, .bytes = UINT64_MAX - 99}, time);
  BOOST_TEST(port.overdrawn() == 1u);
  BOOST_TEST(lane.begun.empty());
}

BOOST_AUTO_TEST_SUITE_END()
