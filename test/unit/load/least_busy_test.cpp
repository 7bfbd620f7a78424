// Beside a plain search over all: the same choice, whatever is offered and withdrawn.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "clients/cli/bench/least_busy.hpp"

using namespace texlex::load;

BOOST_AUTO_TEST_SUITE(least_busy_test)

BOOST_AUTO_TEST_CASE(nobody_offered_is_nobody_chosen) {
  least_busy choice{3, 4};
  BOOST_TEST(!choice.first().has_value());
  choice.offer(1, 2);
  choice.withdraw(1);
  choice.withdraw(1); // not twice as gone
  BOOST_TEST(!choice.first().has_value());
}

BOOST_AUTO_TEST_CASE(the_one_with_the_fewest_in_flight_comes_first) {
  least_busy choice{3, 4};
  choice.offer(0, 3);
  choice.offer(1, 1);
  choice.offer(2, 2);
  BOOST_TEST(*choice.first() == 1u);
  choice.offer(1, 3);
  BOOST_TEST(*choice.first() == 2u);
}

BOOST_AUTO_TEST_CASE(equals_have_their_turns) {
  least_busy choice{3, 8};
  for (uint32_t i = 0; i < 3; ++i) choice.offer(i, 0);
  std::vector<uint32_t> order;
  for (uint32_t taken = 0; taken < 9; ++taken) {
    order.push_back(*choice.first());
    choice.offer(order.back(), 1 + taken / 3);
  }
  BOOST_TEST(order == (std::vector<uint32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_chooses_as_a_search_over_all_would) {
  constexpr uint32_t members = 17, in_flight_max = 9, steps = 20'000;
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 chance{seed};
  struct member {
    bool is_offered = false;
    uint32_t in_flight = 0;
    uint32_t since = 0;
  };
  std::vector<member> all(members);
  least_busy choice{members, in_flight_max};
  for (uint32_t step = 1; step <= steps; ++step) {
    const auto one = static_cast<uint32_t>(chance() % members);
    if (chance() % 3 == 0) {
      all[one].is_offered = false;
      choice.withdraw(one);
    } else {
      const auto in_flight = static_cast<uint32_t>(chance() % in_flight_max);
      if (!all[one].is_offered || all[one].in_flight != in_flight) all[one] = {true, in_flight, step};
      choice.offer(one, in_flight);
    }
    const auto best = std::ranges::min_element(all, [](const member& a, const member& b) {
      return std::tuple{!a.is_offered, a.in_flight, a.since} < std::tuple{!b.is_offered, b.in_flight, b.since};
    });
    const auto chosen = choice.first();
    BOOST_REQUIRE(chosen.has_value() == best->is_offered);
    if (chosen) BOOST_REQUIRE(*chosen == static_cast<uint32_t>(best - all.begin()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
