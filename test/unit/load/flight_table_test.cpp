// Every request in flight is found by its number, and by no other, in whatever order they end.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "clients/cli/bench/flight_table.hpp"

using namespace texlex;
using namespace texlex::load;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(flight_table_test)

namespace {

due_request due_at(duration d) { return {instant{d}, 0, true}; }

} // namespace

BOOST_AUTO_TEST_CASE(an_answer_finds_its_request_and_a_late_one_finds_none) {
  flight_table flights{2};
  const auto first = flights.add(due_at(1ms));
  const uint64_t first_id = flights[first].id;
  BOOST_TEST(flights.find(first_id) == first);
  flights.remove(first);
  BOOST_TEST(flights.find(first_id) == flight_table::none);
  const auto next = flights.add(due_at(2ms)); // in the same place
  BOOST_TEST(flights.find(first_id) == flight_table::none);
  BOOST_TEST(flights.find(flights[next].id) == next);
  BOOST_TEST(flights.find(0) == flight_table::none);
  BOOST_TEST(flights.find(UINT64_MAX) == flight_table::none);
}

BOOST_AUTO_TEST_CASE(no_number_is_used_twice_and_none_is_that_of_a_refusal_at_the_door) {
  flight_table flights{in_flight_max};
  std::set<uint64_t> seen{0};
  for (uint32_t round = 0; round < 3; ++round) {
    std::vector<flight_table::place> places;
    while (!flights.is_full()) {
      places.push_back(flights.add(due_at(1ms)));
      BOOST_REQUIRE(seen.insert(flights[places.back()].id).second);
    }
    for (const auto at : places) flights.remove(at);
  }
  BOOST_TEST(flights.count() == 0u);
}

BOOST_AUTO_TEST_CASE(those_due_are_handed_out_each_once_whatever_ended_between) {
  constexpr uint32_t steps = 20'000, places = 50;
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 chance{seed};
  flight_table flights{places};
  std::map<uint64_t, int64_t> open; // when each was due, by number
  for (uint32_t step = 0; step < steps; ++step) {
    const int64_t due = step + chance() % 100;
    if (!flights.is_full()) open[flights[flights.add(due_at(duration{due}))].id] = due;
    if (chance() % 2 == 0 && !open.empty()) { // one is answered
      auto one = std::next(open.begin(), static_cast<ptrdiff_t>(chance() % open.size()));
      const auto at = flights.find(one->first);
      BOOST_REQUIRE(at != flight_table::none);
      flights.remove(at);
      open.erase(one);
    }
    const int64_t until = step - 50;
    flights.for_each_due(instant{duration{until}}, [&](flight_table::place at) {
      BOOST_REQUIRE(open.at(flights[at].id) <= until);
      open.erase(flights[at].id);
      flights.remove(at);
    });
    for (const auto& [id, was_due] : open) BOOST_REQUIRE(was_due > until);
    BOOST_REQUIRE(flights.count() == open.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
