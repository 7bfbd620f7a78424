// Which lanes are left out for being slow, how they come back, and which lane is chosen.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <vector>

#include "actors/state/lane_health.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(lane_health_test)

namespace {

constexpr uint64_t small = 4000, large = 1'000'000;

struct lanes {
  lane_health health;
  instant time{};

  explicit lanes(uint32_t count = 4) {
    for (uint32_t i = 1; i <= count; ++i) health.join({i});
  }
  ~lanes() { health.check_invariants(); }

  bool attempt(uint32_t lane, duration took, uint64_t bytes = small) {
    health.started({lane});
    return health.finished({lane}, bytes, took, time);
  }
  /// One after the other, lane 1 takes so many times as long as the others.
  void work(uint32_t count, int factor, int rounds) {
    for (int i = 0; i < rounds; ++i)
      for (uint32_t lane = 1; lane <= count; ++lane) attempt(lane, lane == 1 ? factor * 1ms : 1ms);
  }
  /// Lane 1 works alone and slowly until it is ejected.
  void eject_first() {
    for (int i = 0; i < 100; ++i)
      if (attempt(1, 10ms)) return;
    BOOST_FAIL("the lane was not ejected");
  }
  bool usable(uint32_t lane) const { return health.usable({lane}, time); }
  uint32_t choose(const std::vector<lane_load>& candidates, uint64_t random = 0) const {
    return health.choose(candidates, random).value_or(lane_id{}).value;
  }
};

/// Four lanes of which the first was just ejected.
struct one_out : lanes {
  one_out() {
    work(4, 1, 30);
    eject_first();
  }
  /// Lets its time pass and probes it.
  bool probe(duration out_for, duration took) {
    time += out_for - 1ms;
    BOOST_TEST(!usable(1));
    time += 1ms;
    BOOST_TEST(usable(1));
    return attempt(1, took);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_lane_three_times_as_slow_as_its_peers_is_ejected, lanes) {
  work(4, 4, 40);
  BOOST_TEST(!usable(1));
  BOOST_TEST(health.is_probe({1}));
  for (uint32_t lane : {2u, 3u, 4u}) BOOST_TEST(usable(lane));
  BOOST_TEST(health.ejected() == 1u);
}

BOOST_FIXTURE_TEST_CASE(twice_as_slow_is_not_enough, lanes) {
  work(4, 2, 1000);
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(it_takes_at_least_twenty_attempts, lanes) {
  work(4, 10, 19);
  BOOST_TEST(usable(1));
  work(4, 10, 1);
  BOOST_TEST(!usable(1));
}

BOOST_FIXTURE_TEST_CASE(a_few_slow_documents_do_not_make_a_lane_slow, lanes) {
  work(4, 1, 100);
  for (int i = 0; i < 5; ++i) BOOST_TEST(!attempt(1, 1s));
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_has_all_the_work_does_not_define_by_itself_what_is_usual, lanes) {
  work(4, 1, 30);
  eject_first();
  BOOST_TEST(!usable(1));
}

BOOST_FIXTURE_TEST_CASE(lanes_compare_whatever_the_size_of_their_documents, lanes) {
  for (int i = 0; i < 200; ++i) {
    attempt(2, 1ms);
    attempt(3, 20ms, large);
    if (i < 100) attempt(1, 20ms, large); // lane 1 has large ones only
  }
  BOOST_TEST(usable(1));
  BOOST_TEST(health.latency_rank({1}) == health.latency_rank({2}));
}

BOOST_FIXTURE_TEST_CASE(what_differs_by_microseconds_is_no_slow_lane, lanes) {
  for (int i = 0; i < 1000; ++i) {
    attempt(1, 200us);
    for (uint32_t lane : {2u, 3u, 4u}) attempt(lane, 10us);
  }
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(in_the_last_class_time_may_grow_with_size, lanes) {
  for (int i = 0; i < 200; ++i) {
    attempt(2, 20ms, 2'000'000);
    attempt(1, 1s, 100'000'000);
  }
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(stopped_attempts_count_against_a_lane_but_never_for_it, lanes) {
  work(4, 1, 100);
  for (int i = 0; i < 10; ++i) health.stopped({1}, small, 10us, time);
  BOOST_TEST(health.latency_rank({1}) == 4u);
  bool out = false;
  for (int i = 0; i < 200 && !out; ++i) out = health.stopped({1}, small, 5ms, time);
  BOOST_TEST(out);
  BOOST_TEST(!usable(1));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_runs_twenty_times_as_long_as_expected_ejects_its_lane_while_it_runs, lanes) {
  work(4, 1, 10);
  for (int i = 0; i < 10; ++i) attempt(2, 5ms, large);
  health.started({1});
  BOOST_TEST(!health.outlasting({1}, large, 99ms, time));
  BOOST_TEST(health.outlasting({1}, large, 100ms, time));
  BOOST_TEST(!health.outlasting({1}, large, 110ms, time)); // it is out already
  BOOST_TEST(!health.finished({1}, large, 120ms, time));   // and was no probe
  BOOST_TEST(!usable(1));
}

BOOST_FIXTURE_TEST_CASE(below_fifty_milliseconds_it_is_a_hiccup_and_no_stall, lanes) {
  for (int i = 0; i < 10; ++i) attempt(2, 100us);
  BOOST_TEST(!health.outlasting({1}, small, 49ms, time));
  BOOST_TEST(health.outlasting({1}, small, 50ms, time));
}

BOOST_FIXTURE_TEST_CASE(an_ejected_lane_comes_back_after_a_second_with_one_probe_at_a_time, one_out) {
  time += 999ms;
  BOOST_TEST(!usable(1));
  time += 1ms;
  BOOST_TEST(usable(1));
  health.started({1});
  BOOST_TEST(!usable(1));
  BOOST_TEST(!health.finished({1}, small, 1ms, time));
  BOOST_TEST(usable(1));
  BOOST_TEST(!health.is_probe({1}));
}

BOOST_FIXTURE_TEST_CASE(each_slow_probe_doubles_the_time_out_up_to_thirty_seconds, one_out) {
  for (const duration out_for : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) BOOST_TEST(probe(out_for, 10ms));
  BOOST_TEST(!probe(30s, 1ms));
  BOOST_TEST(!health.is_probe({1}));
}

BOOST_FIXTURE_TEST_CASE(a_probe_that_stalls_is_a_slow_one, one_out) {
  time += 1s;
  health.started({1});
  BOOST_TEST(health.outlasting({1}, small, 50ms, time));
  time += 1999ms;
  BOOST_TEST(!usable(1));
  time += 1ms;
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(a_probe_stopped_early_tells_nothing_and_is_tried_again, one_out) {
  time += 1s;
  health.started({1});
  BOOST_TEST(!health.stopped({1}, small, 1ms, time));
  BOOST_TEST(usable(1));
  BOOST_TEST(health.is_probe({1}));
}

BOOST_FIXTURE_TEST_CASE(a_probe_with_a_document_of_a_size_never_seen_lets_the_lane_in, one_out) {
  time += 1s;
  BOOST_TEST(!attempt(1, 20ms, large));
  BOOST_TEST(usable(1));
}

BOOST_FIXTURE_TEST_CASE(after_twenty_good_attempts_the_time_out_is_a_second_again, one_out) {
  BOOST_TEST(probe(1s, 10ms));
  BOOST_TEST(probe(2s, 10ms));
  BOOST_TEST(!probe(4s, 1ms));
  for (int i = 0; i < 20; ++i) BOOST_TEST(!attempt(1, 1ms));
  eject_first();
  BOOST_TEST(!probe(1s, 1ms));
}

BOOST_FIXTURE_TEST_CASE(without_them_it_goes_on_doubling, one_out) {
  BOOST_TEST(probe(1s, 10ms));
  BOOST_TEST(!probe(2s, 1ms));
  eject_first();
  BOOST_TEST(!probe(4s, 1ms));
}

BOOST_AUTO_TEST_CASE(never_more_than_half_of_the_lanes_are_out) {
  for (const uint32_t count : {1u, 2u, 3u, 4u, 7u}) {
    lanes l{count};
    l.work(count, 1, 30);
    for (uint32_t lane = 1; lane <= count; ++lane) l.health.outlasting({lane}, small, 10s, l.time);
    BOOST_TEST(l.health.ejected() == count / 2);
  }
}

BOOST_AUTO_TEST_CASE(of_two_lanes_the_slow_one_is_found) {
  lanes l{2};
  l.work(2, 4, 40);
  BOOST_TEST(!l.usable(1));
  BOOST_TEST(l.usable(2));
}

BOOST_FIXTURE_TEST_CASE(when_healthy_lanes_leave_an_ejected_one_is_let_in, one_out) {
  for (uint32_t lane : {4u, 3u}) health.leave({lane});
  BOOST_TEST(!usable(1));
  health.leave({2});
  BOOST_TEST(usable(1));
  health.check_invariants();
}

BOOST_AUTO_TEST_CASE(of_several_that_are_out_the_one_that_would_come_back_first_is_let_in) {
  for (const uint32_t first : {1u, 3u}) {
    lanes l{4};
    l.work(4, 1, 30);
    BOOST_TEST(l.health.outlasting({first}, small, 10s, l.time));
    l.time += 100ms;
    BOOST_TEST(l.health.outlasting({4 - first}, small, 10s, l.time));
    l.health.leave({4});
    BOOST_TEST(l.health.ejected() == 1u);
    BOOST_TEST(!l.health.is_probe({first}));
    BOOST_TEST(l.health.is_probe({4 - first}));
  }
}

BOOST_FIXTURE_TEST_CASE(what_slows_all_lanes_ejects_none, lanes) {
  work(4, 1, 100);
  for (int i = 0; i < 1000; ++i)
    for (uint32_t lane = 1; lane <= 4; ++lane) BOOST_TEST(!attempt(lane, 10ms));
  BOOST_TEST(health.ejections() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_left_is_unknown, lanes) {
  health.leave({1});
  health.leave({99});
  BOOST_TEST(!usable(1));
  BOOST_TEST(!attempt(1, 1ms));
  BOOST_TEST(!health.stopped({1}, small, 1ms, time));
  BOOST_TEST(!health.outlasting({1}, small, 1h, time));
}

BOOST_FIXTURE_TEST_CASE(the_lane_with_fewest_in_flight_is_chosen, lanes) {
  BOOST_TEST(choose({{{1}, 2}, {{2}, 1}, {{3}, 1}}) == 2u);
  BOOST_TEST(choose({}) == 0u);
}

BOOST_FIXTURE_TEST_CASE(of_those_the_one_with_the_lowest_latency, lanes) {
  work(4, 2, 100);
  BOOST_TEST(health.latency_rank({1}) > health.latency_rank({2}));
  BOOST_TEST(choose({{{1}, 0}, {{2}, 0}, {{3}, 0}}) == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_small_difference_in_latency_is_noise_and_the_first_is_chosen, lanes) {
  for (int i = 0; i < 100; ++i)
    for (uint32_t lane = 1; lane <= 4; ++lane) attempt(lane, lane == 1 ? 1050us : 1000us);
  BOOST_TEST(choose({{{1}, 0}, {{2}, 0}}) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_lane_due_for_a_probe_is_chosen_first, one_out) {
  time += 1s;
  BOOST_TEST(choose({{{2}, 0}, {{1}, 0}, {{3}, 0}}) == 1u);
}

BOOST_AUTO_TEST_CASE(from_eight_on_the_better_of_two_random_lanes_is_chosen) {
  lanes l{8};
  std::vector<lane_load> candidates;
  for (uint32_t i = 1; i <= 8; ++i) candidates.push_back({{i}, i == 8 ? 1u : 0u});
  std::mt19937_64 chance{test::seed()};
  std::map<uint32_t, int> chosen;
  for (int i = 0; i < 8000; ++i) ++chosen[l.choose(candidates, chance())];
  BOOST_TEST(chosen.size() == 7u); // the busy one loses against any other
  for (const auto& [lane, times] : chosen) BOOST_TEST(times > 200);
  BOOST_TEST(l.choose(candidates, 0) == 1u);
  BOOST_TEST(l.choose(candidates, UINT64_MAX) == 7u);
}

// Eight lanes with a long tail each: a tenth of all attempts takes ten times as long, whichever lane it meets. Then
// lane 5 slows down for ten seconds.
BOOST_AUTO_TEST_CASE(a_long_tail_ejects_nobody_a_slow_lane_is_found_and_comes_back_within_its_time_out) {
  std::mt19937_64 chance{test::seed() + 1};
  lanes l{8};
  const auto work = [&](duration how_long, int slowness) {
    for (const instant end = l.time + how_long; l.time < end; l.time += 1ms) {
      const auto lane = static_cast<uint32_t>(1 + chance() % 8);
      if (!l.usable(lane)) continue;
      const auto us = static_cast<int64_t>(500 + chance() % 1000);
      l.attempt(lane, std::chrono::microseconds{us * (chance() % 10 == 0 ? 10 : 1) * (lane == 5 ? slowness : 1)});
    }
  };
  work(100s, 1);
  BOOST_TEST(l.health.ejections() == 0u);
  work(10s, 8);
  BOOST_TEST(l.health.is_probe({5}));
  BOOST_TEST(l.health.ejected() == 1u);
  work(60s, 1);
  BOOST_TEST(l.health.ejected() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lane_nobody_knows_is_neither_usable_nor_a_probe_and_no_slower_than_others, lanes) {
  BOOST_TEST(!usable(99));
  BOOST_TEST(!health.is_probe({99}));
  BOOST_TEST(health.latency_rank({99}) == health.latency_rank({1}));
}

BOOST_AUTO_TEST_CASE(a_lane_that_stalls_while_half_of_them_are_out_stays) {
  lanes two{2};
  two.work(2, 1, 30);
  BOOST_TEST(two.health.outlasting({1}, small, 10s, two.time));
  BOOST_TEST(!two.health.outlasting({2}, small, 10s, two.time));
  BOOST_TEST(two.usable(2));
}

BOOST_FIXTURE_TEST_CASE(before_anything_is_known_of_a_size_nothing_is_a_stall, lanes) {
  BOOST_TEST(!health.outlasting({1}, small, 1h, time));
  BOOST_TEST(usable(1));
}

BOOST_AUTO_TEST_SUITE_END()
