// Channels that do to messages what they are told to.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "actors/fault/fault_script.hpp"

using namespace texlex;
using namespace texlex::fault;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(fault_test)

namespace {

/// Keeps what it hears behind what it begins with, and tells it. Without an argument CAF 0.17 looks through a null
/// pointer.
caf::behavior ear(caf::stateful_actor<std::string>* self, const std::string& begin) {
  self->state = begin;
  return {[self](int heard) { self->state += std::to_string(heard) + " "; },
          [self](const std::string&) { return self->state; }};
}

struct channel_to_an_ear {
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  caf::actor target = self->spawn(ear, std::string{});

  void say_three(const caf::actor& to) {
    for (int word = 1; word <= 3; ++word) self->send(to, word);
  }
  /// Through the channel too, so that it comes after all else.
  std::string heard(const caf::actor& by) {
    std::string all;
    self->request(by, 5s, std::string{})
      .receive([&](std::string& text) { all = std::move(text); }, [&](const caf::error&) { all = "no answer"; });
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_channel_without_rules_is_as_if_it_were_not_there, channel_to_an_ear) {
  const auto through = interpose(system, target, by_script({}));
  say_three(through);
  BOOST_TEST(heard(through) == "1 2 3 ");
}

BOOST_FIXTURE_TEST_CASE(messages_are_lost_doubled_and_put_behind_the_next_as_written_down, channel_to_an_ear) {
  const auto through = interpose(system, target, by_script({{verdict::drop}, {verdict::hold}, {verdict::duplicate}}));
  say_three(through);
  BOOST_TEST(heard(through) == "3 3 2 ");
}

BOOST_FIXTURE_TEST_CASE(a_delayed_message_lets_others_pass, channel_to_an_ear) {
  const auto through = interpose(system, target, by_script({{verdict::delay, 1ms}}));
  say_three(through);
  for (int i = 0; i < 5000 && heard(target) != "2 3 1 "; ++i) std::this_thread::sleep_for(1ms);
  BOOST_TEST(heard(target) == "2 3 1 ");
}

BOOST_FIXTURE_TEST_CASE(a_message_may_be_the_death_of_who_it_is_for, channel_to_an_ear) {
  self->monitor(target);
  const auto through = interpose(system, target, kill_at(1));
  say_three(through);
  caf::error why;
  self->receive([&](const caf::down_msg& gone) { why = gone.reason; });
  BOOST_TEST((why == caf::exit_reason::kill));
  BOOST_TEST(heard(target) == "no answer");
}

BOOST_AUTO_TEST_CASE(what_happens_by_chance_follows_from_seed_and_number_at_about_the_rates_asked_for) {
  const fault_rates rates{.drop = 100, .duplicate = 200, .hold = 300, .kill = 50, .delay = 350, .delay_max = 7ms};
  const fault_rule first = by_seed(1, rates), same = by_seed(1, rates), other = by_seed(2, rates);
  std::vector<int> seen(6);
  int differ = 0;
  for (size_t nth = 0; nth < 10'000; ++nth) {
    const verdict fate = first(nth, {});
    BOOST_TEST(fate.what == same(nth, {}).what);
    differ += fate.what != other(nth, {}).what;
    ++seen[fate.what];
    BOOST_TEST(fate.time <= 7ms);
  }
  BOOST_TEST(seen[verdict::deliver] == 0);
  BOOST_TEST((seen[verdict::drop] > 800 && seen[verdict::drop] < 1200));
  BOOST_TEST((seen[verdict::kill] > 400 && seen[verdict::kill] < 600));
  BOOST_TEST((seen[verdict::delay] > 3100 && seen[verdict::delay] < 3900));
  BOOST_TEST(differ > 1000);
}

BOOST_AUTO_TEST_CASE(rates_that_add_up_to_more_than_all_messages_are_refused) {
  BOOST_CHECK_THROW((void)by_seed(1, {.drop = 600, .duplicate = 600}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
