// Who rings when, and how seldom the clock is asked.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <vector>

#include "actors/state/overdue_watch.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(overdue_watch_test)

namespace {

constexpr instant noon{12h};

std::vector<uint64_t> due_at(overdue_watch& watch, instant now) {
  std::vector<uint64_t> ids;
  while (const auto id = watch.pop(now)) ids.push_back(id->value);
  watch.check_invariants();
  return ids;
}

using ids = std::vector<uint64_t>;

} // namespace

BOOST_AUTO_TEST_CASE(a_job_is_due_at_its_time_once_and_not_before) {
  overdue_watch watch;
  watch.arm({7}, noon + 10ms);
  BOOST_TEST(due_at(watch, noon + 10ms - 1ns) == ids{});
  BOOST_TEST(due_at(watch, noon + 10ms) == ids{7});
  BOOST_TEST(due_at(watch, noon + 1h) == ids{});
}

BOOST_AUTO_TEST_CASE(a_job_disarmed_is_never_due) {
  overdue_watch watch;
  watch.arm({7}, noon);
  watch.disarm({7});
  BOOST_TEST(due_at(watch, noon + 1h) == ids{});
  BOOST_TEST(watch.armed() == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_armed_again_is_due_at_the_later_calls_time_only) {
  overdue_watch watch;
  watch.arm({7}, noon + 1ms);
  watch.arm({7}, noon + 5ms);
  BOOST_TEST(due_at(watch, noon + 1ms) == ids{});
  BOOST_TEST(due_at(watch, noon + 5ms) == ids{7});
}

BOOST_AUTO_TEST_CASE(jobs_come_in_the_order_in_which_they_are_due) {
  overdue_watch watch;
  watch.arm({1}, noon + 3ms);
  watch.arm({2}, noon + 1ms);
  watch.arm({3}, noon + 2ms);
  BOOST_TEST((due_at(watch, noon + 1h) == ids{2, 3, 1}));
}

BOOST_AUTO_TEST_CASE(the_clock_is_asked_once_for_all_jobs_that_follow) {
  overdue_watch watch;
  watch.arm({1}, noon + 10ms);
  BOOST_TEST((watch.next_ring() == noon + 10ms));
  for (uint64_t id = 2; id <= 1000; ++id) {
    watch.arm({id}, noon + 10ms + std::chrono::microseconds{id});
    BOOST_TEST(!watch.next_ring());
  }
}

BOOST_AUTO_TEST_CASE(the_clock_is_asked_again_for_a_job_that_is_due_earlier) {
  overdue_watch watch;
  watch.arm({1}, noon + 10ms);
  BOOST_TEST((watch.next_ring() == noon + 10ms));
  watch.arm({2}, noon + 1ms);
  BOOST_TEST((watch.next_ring() == noon + 1ms));
  watch.rang(noon + 1ms);
  BOOST_TEST(due_at(watch, noon + 1ms) == ids{2});
  BOOST_TEST((watch.next_ring() == noon + 10ms));
}

BOOST_AUTO_TEST_CASE(a_ring_for_jobs_that_have_ended_leads_to_the_next_one_that_has_not) {
  overdue_watch watch;
  for (uint64_t id = 1; id <= 100; ++id) watch.arm({id}, noon + std::chrono::milliseconds{id});
  BOOST_TEST((watch.next_ring() == noon + 1ms));
  for (uint64_t id = 1; id < 100; ++id) watch.disarm({id});
  watch.rang(noon + 1ms);
  BOOST_TEST(due_at(watch, noon + 1ms) == ids{});
  BOOST_TEST((watch.next_ring() == noon + 100ms));
}

BOOST_AUTO_TEST_CASE(with_nobody_armed_the_clock_is_left_alone) {
  overdue_watch watch;
  BOOST_TEST(!watch.next_ring());
  watch.arm({1}, noon);
  watch.disarm({1});
  BOOST_TEST(!watch.next_ring());
}

BOOST_AUTO_TEST_CASE(whatever_comes_and_goes_each_armed_job_rings_once_at_its_first_ring_after_it_is_due) {
  std::mt19937_64 dice{test::seed()};
  overdue_watch watch;
  std::map<uint64_t, instant> armed, rung;
  std::map<instant, int> clock; // the rings asked for
  instant now = noon;
  const auto ask = [&] {
    if (const auto due = watch.next_ring()) ++clock[*due];
  };
  const auto pass_to = [&](instant until) {
    while (!clock.empty() && clock.begin()->first <= until) {
      now = std::max(now, clock.begin()->first);
      watch.rang(clock.begin()->first);
      clock.erase(clock.begin());
      while (const auto id = watch.pop(now)) {
        BOOST_REQUIRE(armed.contains(id->value));
        BOOST_REQUIRE((armed[id->value] == now));
        armed.erase(id->value);
      }
      ask();
    }
    now = until;
    for (const auto& [id, due] : armed) BOOST_REQUIRE((due > now));
  };
  for (uint64_t id = 1; id <= 20'000; ++id) {
    armed[id] = now + std::chrono::microseconds{1 + dice() % 10'000};
    watch.arm({id}, armed[id]);
    ask();
    if (dice() % 10 != 0) {
      const uint64_t ended = id - dice() % std::min<uint64_t>(id, 8);
      watch.disarm({ended});
      armed.erase(ended);
    }
    pass_to(now + std::chrono::microseconds{dice() % 200});
    watch.check_invariants();
  }
  pass_to(now + 1s);
  BOOST_TEST(armed.empty());
}

BOOST_AUTO_TEST_CASE(a_ring_that_an_earlier_one_has_overtaken_asks_for_nothing_more) {
  overdue_watch watch;
  watch.arm({1}, noon + 10ms);
  BOOST_TEST((watch.next_ring() == noon + 10ms));
  watch.arm({2}, noon + 1ms);
  BOOST_TEST((watch.next_ring() == noon + 1ms));
  watch.rang(noon + 10ms); // the clock is late with the first one
  BOOST_TEST(!watch.next_ring());
  watch.rang(noon + 1ms);
  watch.rang(noon + 1ms); // nobody has asked for a second one
  BOOST_TEST(due_at(watch, noon + 10ms) == (ids{2, 1}));
  BOOST_TEST(!watch.next_ring());
}

BOOST_AUTO_TEST_CASE(jobs_that_end_early_take_no_room_for_ever_behind_one_that_waits) {
  overdue_watch watch;
  watch.arm({1}, noon);
  for (uint64_t id = 2; id < 10'000; ++id) {
    watch.arm({id}, noon + 1h);
    watch.disarm({id});
    watch.check_invariants(); // what is kept is bounded
  }
  BOOST_TEST(due_at(watch, noon + 2h) == ids{1});
}

BOOST_AUTO_TEST_SUITE_END()
