// Who works on which core, and what the broker is told about it.
#include <boost/test/unit_test.hpp>

#include "test/unit/state/roster_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::noon;
using test::one_core;
using test::two_cores;
using test::worn;

BOOST_AUTO_TEST_SUITE(roster_test)

BOOST_AUTO_TEST_CASE(every_core_gets_a_worker_that_joins_once_it_is_ready) {
  test::roster_house h{{4, 6}};
  BOOST_TEST(h.said.read() == "spawn 1 on 4, spawn 2 on 6");
  BOOST_TEST(h.people.health().lanes_starting == 2u);
  h.people.ready({2});
  BOOST_TEST(h.said.read() == "joined 2");
  h.people.ready({2});
  BOOST_TEST(h.said.read() == "");
  BOOST_TEST(h.people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_worn_worker_cools_after_its_replacement_is_ready_and_ends_after_it_is_drained, one_core) {
  people.reported({1}, worn, noon);
  BOOST_TEST(said.read() == "spawn 2 on 5");
  people.reported({1}, worn, noon);
  BOOST_TEST(said.read() == "");
  people.ready({2});
  BOOST_TEST(said.read() == "joined 2, cooling 1");
  people.drained({1});
  BOOST_TEST(said.read() == "end 1");
  people.down({1}, death::crash, noon);
  BOOST_TEST(said.read() == "left 1, rotated 5");
  BOOST_TEST(people.rotations() == 1u);
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(two_worn_workers_are_replaced_one_after_the_other, two_cores) {
  people.reported({1}, worn, noon);
  people.reported({2}, worn, noon);
  BOOST_TEST(said.read() == "spawn 3 on 0");
  people.ready({3});
  people.drained({1});
  said.read();
  people.down({1}, death::crash, noon);
  BOOST_TEST(said.read() == "left 1, rotated 0, spawn 4 on 1");
}

BOOST_FIXTURE_TEST_CASE(a_dead_worker_is_replaced_after_its_delay, one_core) {
  people.down({1}, death::crash, noon);
  BOOST_TEST(said.read() == "left 1, restarted 5, later 5 in 10ms");
  BOOST_TEST(people.health().lanes_starting == 1u);
  people.spawn_due(5, noon);
  BOOST_TEST(said.read() == "spawn 2 on 5");
  people.spawn_due(5, noon);
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_replacement_that_dies_leaves_the_old_worker_hot, one_core) {
  people.reported({1}, worn, noon);
  said.read();
  people.down({2}, death::crash, noon);
  BOOST_TEST(said.read() == "");
  people.reported({1}, worn, noon + 9ms);
  BOOST_TEST(said.read() == "");
  people.reported({1}, worn, noon + 10ms);
  BOOST_TEST(said.read() == "spawn 3 on 5");
}

BOOST_FIXTURE_TEST_CASE(an_old_worker_that_dies_before_its_replacement_is_ready_is_not_replaced_twice, one_core) {
  people.reported({1}, worn, noon);
  said.read();
  people.down({1}, death::crash, noon);
  BOOST_TEST(said.read() == "left 1, restarted 5");
  people.ready({2});
  BOOST_TEST(said.read() == "joined 2");
}

BOOST_FIXTURE_TEST_CASE(a_core_whose_workers_keep_crashing_rests_and_the_other_goes_on, two_cores) {
  uint32_t lane = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    people.down({lane}, death::crash, noon);
    people.spawn_due(0, noon);
    lane = 3 + i;
    people.ready({lane});
  }
  said.read();
  people.down({lane}, death::crash, noon);
  BOOST_TEST(said.read() == "left 12, rests 0, later 0 in 60000ms");
  BOOST_TEST(people.health().cores_given_up == 1u);
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(when_the_last_core_rests_that_is_said, one_core) {
  uint32_t lane = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    people.down({lane++}, death::crash, noon);
    people.spawn_due(5, noon);
  }
  said.read();
  people.down({lane}, death::crash, noon); // this one never became ready
  BOOST_TEST(said.read() == "rests 5, later 5 in 60000ms, unstaffed");
}

BOOST_FIXTURE_TEST_CASE(a_core_that_rests_is_tried_again_and_has_as_many_restarts_as_before, one_core) {
  uint32_t lane = 1;
  for (int round = 0; round < 3; ++round) {
    const instant at = noon + round * 60s;
    for (uint32_t i = 0; i < 10; ++i) {
      people.down({lane++}, death::crash, at);
      people.spawn_due(5, at);
    }
    said.read();
    people.down({lane++}, death::crash, at);
    BOOST_TEST(said.read() == "rests 5, later 5 in 60000ms, unstaffed");
    BOOST_TEST(people.health().cores_given_up == 1u);
    people.spawn_due(5, at + 60s);
    people.ready({lane});
    BOOST_TEST(people.health().cores_given_up == 0u);
    said.read();
    people.down({lane++}, death::outside, at + 60s);
    people.spawn_due(5, at + 60s);
  }
}

BOOST_FIXTURE_TEST_CASE(whoever_kills_workers_brings_no_core_to_rest, one_core) {
  for (uint32_t lane = 1; lane <= 100; ++lane) {
    people.down({lane}, death::outside, noon);
    people.spawn_due(5, noon);
    people.ready({lane + 1});
  }
  BOOST_TEST(said.read().find("rests") == std::string::npos);
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_AUTO_TEST_CASE(lanes_that_are_absent_for_too_long_are_told_of_once) {
  test::roster_diary said;
  roster_options options = test::roster_house::options({0, 1}, {}, 1);
  options.absent_max = 30s;
  roster people{options, said};
  people.start(noon);
  BOOST_TEST(!people.absent_until().has_value()); // a start that fails has its own end
  people.ready({1});
  people.down({1}, death::outside, noon + 1s);
  BOOST_TEST((people.absent_until() == noon + 31s));
  people.ready({2});
  BOOST_TEST(!people.absent_until().has_value());
  people.stuck({2}, death::outside, noon + 2s);
  said.read();
  people.tick(noon + 32s - 1ns);
  BOOST_TEST(said.read() == "");
  people.tick(noon + 32s);
  BOOST_TEST(said.read() == "absent too long");
  people.tick(noon + 33s);
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(without_a_limit_lanes_may_be_absent, one_core) {
  people.down({1}, death::outside, noon);
  said.read();
  people.tick(noon + 24h);
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(on_close_all_are_ended_and_nobody_is_started, two_cores) {
  people.down({2}, death::crash, noon);
  said.read();
  people.close();
  BOOST_TEST(said.read() == "end 1");
  people.spawn_due(1, noon);
  BOOST_TEST(!people.empty());
  people.down({1}, death::crash, noon);
  BOOST_TEST(said.read() == "left 1");
  BOOST_TEST(people.empty());
}

BOOST_AUTO_TEST_CASE(so_many_workers_as_are_allowed_are_replaced_at_one_time) {
  test::roster_house h{{0, 1, 2}, {.alloc_mb = 1}, 2};
  h.settle(1, 3);
  for (uint32_t lane = 1; lane <= 3; ++lane) h.people.reported({lane}, worn, noon);
  BOOST_TEST(h.said.read() == "spawn 4 on 0, spawn 5 on 1");
  h.people.ready({5});
  h.people.drained({2});
  h.said.read();
  h.people.down({2}, death::crash, noon);
  BOOST_TEST(h.said.read() == "left 2, rotated 1, spawn 6 on 2");
}

BOOST_AUTO_TEST_CASE(workers_that_become_too_old_at_the_same_time_are_replaced_one_after_the_other_though_idle) {
  test::roster_house h{{0, 1}, {.max_age = 60s}};
  h.settle(1, 2);
  h.people.tick(noon + 59s);
  BOOST_TEST(h.said.read() == "");
  h.people.tick(noon + 60s);
  BOOST_TEST(h.said.read() == "spawn 3 on 0");
  h.people.tick(noon + 61s);
  BOOST_TEST(h.said.read() == "");
  h.people.ready({3});
  BOOST_TEST(h.said.read() == "joined 3, cooling 1");
  h.people.drained({1});
  h.said.read();
  h.people.down({1}, death::crash, noon + 62s);
  BOOST_TEST(h.said.read() == "left 1, rotated 0, spawn 4 on 1");
  h.people.ready({4});
  h.people.drained({2});
  h.people.down({2}, death::crash, noon + 63s);
  h.said.read();
  h.people.tick(noon + 119s);
  BOOST_TEST(h.said.read() == "");
  h.people.tick(noon + 120s);
  BOOST_TEST(h.said.read() == "spawn 5 on 0");
}

BOOST_AUTO_TEST_CASE(memory_over_its_budget_replaces_each_worker_once_and_not_in_a_loop) {
  constexpr lane_usage swollen{.bytes_handed_out = 0, .trims = 0, .resident_bytes = 1u << 20};
  test::roster_house h{{0, 1}, {.rss_mb = 1}};
  h.settle(1, 2);
  h.people.reported({1}, swollen, noon);
  BOOST_TEST(h.said.read() == "spawn 3 on 0");
  h.people.reported({2}, swollen, noon); // while the other one is replaced; and it may have helped
  h.people.ready({3});
  h.people.drained({1});
  h.said.read();
  h.people.down({1}, death::crash, noon);
  BOOST_TEST(h.said.read() == "left 1, rotated 0");
  h.people.reported({3}, swollen, noon + 59s);
  BOOST_TEST(h.said.read() == "");
  h.people.reported({2}, swollen, noon + 59s);
  BOOST_TEST(h.said.read() == "spawn 4 on 1");
  h.people.down({2}, death::crash, noon + 59s);
  h.said.read();
  h.people.reported({3}, swollen, noon + 60s);
  BOOST_TEST(h.said.read() == "spawn 5 on 0");
}

BOOST_AUTO_TEST_CASE(the_io_threads_own_worker_is_a_lane_but_no_staff) {
  test::roster_house h{{5, loop_core}};
  h.people.ready({2});
  BOOST_TEST(h.people.health().lanes_alive == 0u);
  BOOST_TEST(h.people.health().lanes_starting == 1u);
  h.people.ready({1});
  BOOST_TEST(h.people.health().lanes_alive == 1u);
  h.people.down({1}, death::crash, noon);
  for (uint32_t lane = 3; lane <= 12; ++lane) { // those of the other core
    h.people.spawn_due(5, noon);
    h.said.read();
    h.people.down({lane}, death::crash, noon);
  }
  BOOST_TEST(h.said.read() == "rests 5, later 5 in 60000ms, unstaffed");
  h.people.down({2}, death::crash, noon);
  BOOST_TEST(h.said.read().find("unstaffed") == std::string::npos); // that was said already
}

BOOST_AUTO_TEST_SUITE_END()
