// Where a lane is kept for documents that are not lengthy: what it takes, and that it costs nobody a turn.
#include <boost/test/unit_test.hpp>

#include <map>

#include "test/unit/state/waiting_jobs.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(kept_lane_test)

BOOST_FIXTURE_TEST_CASE(lengthy_jobs_are_left_out_where_a_lane_is_kept_for_others, waiting) {
  push(alice, 1, 35'000'000);
  push(bob, 2, 35'000'000);
  BOOST_TEST(queue.only_lengthy());
  BOOST_TEST(!queue.pop(pop_order::oldest_first, pop_from::not_lengthy));
  push(bob, 3);
  BOOST_TEST(!queue.only_lengthy());
  BOOST_TEST((queue.pop(pop_order::oldest_first, pop_from::not_lengthy) == job_id{3}));
  BOOST_TEST(pop_all().size() == 2u);
}

// One lane takes whatever is next and one is kept for others: who comes to the kept one must not, by passing over those
// that wait for the other, bring to their front who came after them.
BOOST_FIXTURE_TEST_CASE(who_is_passed_over_time_and_again_has_a_turn_all_the_same, waiting) {
  constexpr uint64_t clients = 12, first = 100, rounds = 10;
  uint64_t job = 0;
  std::map<uint64_t, uint64_t> client_of, times;
  const auto push_next = [&](uint64_t client, uint64_t bytes) {
    client_of[++job] = client;
    push(client, job, bytes);
  };
  const auto bytes_of = [](uint64_t client) { return (client == first ? 80 : 5) * mib; };
  for (uint64_t client = first; client < first + clients; ++client) push_next(client, bytes_of(client));
  const auto kept_lane_takes = [&] { return queue.pop(pop_order::oldest_first, pop_from::not_lengthy).has_value(); };
  for (uint64_t served = 0; served < rounds * clients; ++served) {
    for (int brief = 0; brief < 100; ++brief) {
      push_next(alice, kib);
      BOOST_REQUIRE(kept_lane_takes());
    }
    push_next(alice, kib);
    const uint64_t client = client_of.at(pop());
    ++times[client];
    if (client == alice) continue;
    push_next(client, bytes_of(client));
    BOOST_REQUIRE(kept_lane_takes());
  }
  const uint64_t of_all = rounds * clients - times[alice];
  BOOST_TEST(of_all > 2 * clients);
  for (uint64_t client = first + 1; client < first + clients; ++client)
    BOOST_TEST(times[client] >= of_all / clients / 2,
               "client " << client << " had " << times[client] << " turns of " << of_all);
}

BOOST_FIXTURE_TEST_CASE(of_those_that_are_not_lengthy_clients_take_turns_as_ever, waiting) {
  for (uint64_t id = 1; id <= 5; ++id) push(alice, id, 60 * kib);
  for (uint64_t id = 11; id <= 15; ++id) push(bob, id, 60 * kib);
  push(3, 21, 35'000'000);
  std::vector<uint64_t> left;
  while (const auto id = queue.pop(pop_order::oldest_first, pop_from::not_lengthy)) left.push_back(id->value);
  BOOST_TEST(left == (ids{1, 11, 2, 12, 3, 13, 4, 14, 5, 15}));
}

BOOST_AUTO_TEST_SUITE_END()
