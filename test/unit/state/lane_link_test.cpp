// Both ends of a link to a lane elsewhere, with a carrier between them that the test decides about.
#include <boost/test/unit_test.hpp>

#include <deque>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "actors/state/lane_link.hpp"
#include "actors/state/lane_port.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;

BOOST_AUTO_TEST_SUITE(lane_link_test)

namespace {

/// What the giver's end has told, and its words that are under way.
struct giver_side final : lane_link_effects {
  void send(const giver_word& word) override { words.push_back(word); }
  void up(uint32_t capacity, uint64_t) override { note("up " + std::to_string(capacity)); }
  void suspected() override { note("suspected"); }
  void cleared() override { note("cleared"); }
  void down() override { note("down"); }
  void finished(job_id job, const outcome& result) override {
    note("finished " + std::to_string(job.value) + " " + std::to_string(result.token_count));
  }
  void lost(job_id job) override { note("lost " + std::to_string(job.value)); }
  void room_changed() override {}

  void note(const std::string& text) { told += (told.empty() ? "" : ", ") + text; }
  std::string read() { return std::exchange(told, {}); }

  std::string told;
  std::deque<giver_word> words;
};

struct lane_side final : lane_port_effects {
  void send(const lane_word& word) override { words.push_back(word); }
  void begin(const link_order& order) override { begun.push_back(order); }
  void stop(uint64_t number) override { stopped.push_back(number); }

  std::deque<lane_word> words;
  std::vector<link_order> begun;
  std::vector<uint64_t> stopped;
};

struct two_ends {
  giver_side giver;
  lane_side lane;
  lane_link link{{}, giver};
  lane_port port{{.capacity = 4, .document_bytes_max = 1000}, lane};
  instant time{1h};

  two_ends() {
    link.start(time);
    carry();
    giver.read();
  }
  ~two_ends() {
    link.check_invariants();
    port.check_invariants();
  }

  /// All words that are under way arrive, and those that they bring about.
  void carry() {
    while (!giver.words.empty() || !lane.words.empty()) {
      if (!giver.words.empty()) port.heard(std::exchange(giver.words.front(), {}), time), giver.words.pop_front();
      if (!lane.words.empty()) link.heard(std::exchange(lane.words.front(), {}), time), lane.words.pop_front();
    }
  }
  void lose() {
    giver.words.clear();
    lane.words.clear();
  }
  void pass(duration length) {
    time += length;
    link.tick(time);
    port.tick(time);
  }
  void order(uint64_t job) { link.order({job}, 1, 100, instant::max(), time); }
  void end(uint64_t number, uint32_t tokens) { port.ended(port.epoch(), number, counted(tokens), time); }
  /// As many attempts as may be, one after the other, so that what is granted grows.
  void warm_up() {
    for (uint64_t number = 1; number <= 8; ++number) {
      order(100 + number);
      carry();
      end(number, 1);
      carry();
    }
    giver.read();
    lane.begun.clear();
  }
};

} // namespace

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

BOOST_FIXTURE_TEST_CASE(who_is_not_heard_for_long_is_suspected_then_down_and_what_it_had_is_lost, two_ends) {
  order(7);
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
  const link_epoch before = link.epoch();
  link.give_up(time);
  carry();
  giver.read();
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
  const link_epoch before = link.epoch();
  link.give_up(time);
  carry();
  giver.read();
  for (int i = 0; i < 5; ++i) {
    link.heard(lane_beat{.epoch = before, .orders = {}, .credit = {}}, time);
    link.heard(link_result{.epoch = before, .number = 1, .job = {7}, .result = counted(41), .credit = {}}, time);
    pass(100ms);
    lose();
  }
  BOOST_TEST(giver.read() == "suspected");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_knows_nothing_of_a_life_that_is_over_says_nothing_of_the_present_one, two_ends) {
  const link_epoch before = link.epoch();
  link.give_up(time);
  carry();
  giver.read();
  order(7);
  link.heard(link_stranger{.epoch = before}, time);
  BOOST_TEST(giver.read() == "");
  BOOST_TEST(link.in_flight() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_ends_twice_has_one_result_and_earns_once, two_ends) {
  warm_up();
  order(7);
  carry();
  end(9, 42);
  end(9, 43);
  BOOST_TEST(lane.words.size() == 1u);
  carry();
  BOOST_TEST(giver.read() == "finished 7 42");
  BOOST_TEST(link.room() == 4u);
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

BOOST_FIXTURE_TEST_CASE(credit_that_comes_late_or_twice_takes_nothing_back, two_ends) {
  warm_up();
  const lane_beat old{.epoch = port.epoch(), .orders = {}, .credit = {.attempts = 1, .bytes = 1000}};
  link.heard(old, time);
  BOOST_TEST(link.room() == 4u);
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

BOOST_FIXTURE_TEST_CASE(a_link_given_up_while_it_greets_goes_on_greeting, two_ends) {
  link.give_up(time);
  BOOST_TEST(giver.read() == "down");
  link.give_up(time);
  BOOST_TEST(giver.read() == "");
  carry();
  BOOST_TEST(giver.read() == "up 4");
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_ends_twice_or_after_its_life_has_one_result_at_most, two_ends) {
  order(7);
  carry();
  const link_epoch life = port.epoch();
  end(1, 42);
  BOOST_TEST(lane.words.size() == 1u);
  end(1, 43);
  end(2, 42); // there is no such order
  BOOST_TEST(lane.words.size() == 1u);
  link.give_up(time);
  carry();
  lane.words.clear();
  port.ended(life, 1, counted(42), time);
  BOOST_TEST(lane.words.empty());
}

BOOST_AUTO_TEST_CASE(a_lane_that_nobody_has_greeted_knows_no_life_not_even_one_without_numbers) {
  lane_side lane;
  lane_port port{{.capacity = 4, .document_bytes_max = 1000}, lane};
  port.heard(link_order{.epoch = {}, .number = 1, .job = {7}, .attempt = 1, .bytes = 1}, instant{1h});
  BOOST_TEST(lane.begun.empty());
  BOOST_REQUIRE(lane.words.size() == 1u);
  BOOST_TEST(std::holds_alternative<link_stranger>(lane.words.front()));
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
