// Workers that hang: their lanes are replaced, their threads abandoned and counted, and too many are too many.
#include <boost/test/unit_test.hpp>

#include "test/unit/state/roster_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::noon;
using test::one_core;
using test::two_cores;
using test::worn;

BOOST_AUTO_TEST_SUITE(roster_stuck_test)

BOOST_FIXTURE_TEST_CASE(a_worker_that_hangs_is_replaced_as_a_dead_one_and_told_to_end_should_it_come_back, two_cores) {
  people.stuck({1}, death::crash, noon);
  BOOST_TEST(said.read() == "end 1, stuck 0, left 1, restarted 0, later 0 in 10ms");
  BOOST_TEST(people.health().lanes_stuck == 1u);
  BOOST_TEST(people.health().lanes_alive == 1u);
  BOOST_TEST(people.health().lanes_starting == 1u);
  people.spawn_due(0, noon);
  BOOST_TEST(said.read() == "spawn 3 on 0");
  people.ready({3});
  said.read();
  people.down({1}, death::crash, noon + 1h);
  BOOST_TEST(said.read() == "");
  BOOST_TEST(people.health().lanes_stuck == 0u);
  BOOST_TEST(people.health().lanes_alive == 2u);
}

BOOST_FIXTURE_TEST_CASE(of_a_worker_that_hangs_nothing_else_is_believed, one_core) {
  people.stuck({1}, death::crash, noon);
  said.read();
  people.stuck({1}, death::crash, noon);
  people.ready({1});
  people.reported({1}, worn, noon);
  people.drained({1});
  people.stuck({9}, death::crash, noon);
  BOOST_TEST(said.read() == "");
  BOOST_TEST(people.health().lanes_stuck == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_hangs_while_it_cools_has_been_replaced_already, one_core) {
  people.reported({1}, worn, noon);
  people.ready({2});
  said.read();
  people.stuck({1}, death::crash, noon);
  BOOST_TEST(said.read() == "end 1, stuck 5, left 1, rotated 5");
  BOOST_TEST(people.health().lanes_alive == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_hangs_while_its_replacement_starts_is_not_replaced_twice, one_core) {
  people.reported({1}, worn, noon);
  said.read();
  people.stuck({1}, death::crash, noon);
  BOOST_TEST(said.read() == "end 1, stuck 5, left 1, restarted 5");
  people.ready({2});
  BOOST_TEST(said.read() == "joined 2");
}

BOOST_FIXTURE_TEST_CASE(too_many_that_hang_at_one_time_are_told_once, two_cores) {
  people.stuck({1}, death::crash, noon);
  people.down({1}, death::crash, noon); // came back
  people.stuck({2}, death::crash, noon);
  people.spawn_due(0, noon);
  people.spawn_due(1, noon);
  settle(3, 4);
  people.stuck({3}, death::crash, noon);
  BOOST_TEST(said.read() == "end 3, stuck 0, left 3, restarted 0, later 0 in 20ms, too many stuck");
  people.stuck({4}, death::crash, noon);
  BOOST_TEST(said.read() == "end 4, stuck 1, left 4, restarted 1, later 1 in 20ms");
}

BOOST_AUTO_TEST_CASE(with_a_limit_of_0_any_number_may_hang) {
  test::roster_diary said;
  roster_options options = test::roster_house::options({0, 1, 2, 3, 4, 5}, {}, 1);
  options.stuck_max = 0;
  roster people{options, said};
  people.start(noon);
  for (uint32_t lane = 1; lane <= 6; ++lane) people.ready({lane});
  for (uint32_t lane = 1; lane <= 6; ++lane) people.stuck({lane}, death::crash, noon);
  BOOST_TEST(people.health().lanes_stuck == 6u);
  BOOST_TEST(!people.health().ready());
  BOOST_TEST(said.read().find("too many") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(on_close_nobody_waits_for_those_that_hang, two_cores) {
  people.stuck({1}, death::crash, noon);
  said.read();
  people.close();
  BOOST_TEST(said.read() == "end 2");
  people.stuck({2}, death::crash, noon); // told only now
  BOOST_TEST(said.read() == "stuck 1, left 2");
  BOOST_TEST(people.empty());
}

BOOST_FIXTURE_TEST_CASE(a_core_whose_workers_hang_all_the_time_rests, one_core) {
  uint32_t lane = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    people.stuck({lane++}, death::crash, noon);
    people.spawn_due(5, noon);
    people.ready({lane});
  }
  said.read();
  people.stuck({lane}, death::crash, noon);
  BOOST_TEST(said.read() == "end 11, stuck 5, left 11, rests 5, later 5 in 60000ms, unstaffed");
}

BOOST_AUTO_TEST_SUITE_END()
