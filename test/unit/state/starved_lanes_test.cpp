// Lanes whose threads the system gives a core now and then, in virtual time: where all are, nobody is ejected or given
// up; where one is, it is ejected. A failure prints the seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include "test/simulation/load.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using simulation::load;
using test::seed;

BOOST_AUTO_TEST_SUITE(starved_lanes_test)

namespace {

/// Lanes that always have work, so many of which are starved after five seconds.
load starved_house(uint32_t lanes, uint32_t starved, bool threads_told = true, duration length = 1h) {
  dispatch_options options;
  options.hedge.enabled = false; // copies would hide how long an attempt takes
  return load{seed(),
              options,
              {{.clients = 12, .bytes = 4000, .service = 1ms}, {.clients = 4, .bytes = 100'000, .service = 5ms}},
              {.starved = starved, .from = 5s, .to = 5s + length, .threads_told = threads_told},
              lanes};
}

} // namespace

BOOST_AUTO_TEST_CASE(where_all_lanes_are_starved_alike_none_is_ejected_or_given_up) {
  for (const uint32_t lanes : {2u, 3u, 4u, 8u}) {
    load house = starved_house(lanes, lanes, true, 120s);
    house.run(130s);
    BOOST_TEST_CONTEXT(lanes << " lanes, seed " << seed()) {
      BOOST_TEST(house.jobs() > 1000u);
      BOOST_TEST(house.ejections() == 0u);
      BOOST_TEST(house.written_off() == 0u);
    }
  }
}

// What the test above would not see, were starvation no different here.
BOOST_AUTO_TEST_CASE(where_the_system_does_not_tell_of_threads_a_starved_lane_looks_like_one_that_stalls) {
  load house = starved_house(4, 4, false);
  house.run(125s);
  BOOST_TEST(house.ejections() > 0u, "seed " << seed());
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_starved_alone_is_ejected_for_being_slow) {
  for (const uint32_t lanes : {2u, 4u}) {
    load house = starved_house(lanes, 1);
    house.run(5s);
    for (int minute = 0; minute < 5 && house.ejections() == 0; ++minute) house.run(60s); // it has little to show
    BOOST_TEST_CONTEXT(lanes << " lanes, seed " << seed()) {
      BOOST_TEST(house.ejections() > 0u);
      BOOST_TEST(house.written_off() == 0u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
