// Thousands of jobs through ledger, lanes, hedges, rotations and deaths: each ends exactly once. A failure prints the
// seed; TEXLEX_SEED=<seed> replays it.
#include <boost/test/unit_test.hpp>

#include <random>

#include "test/unit/state/seed.hpp"
#include "test/unit/state/simulated_house.hpp"

using namespace texlex;
using test::seed;
using test::simulated_house;
using test::weather;

BOOST_AUTO_TEST_SUITE(dispatch_simulation_test)

namespace {

void check_each_answered_once(const simulated_house& house, uint32_t jobs) {
  for (uint64_t id = 1; id <= jobs; ++id)
    BOOST_REQUIRE_MESSAGE(house.answers(id) == 1,
                          "job " << id << " was answered " << house.answers(id) << " times, seed " << seed());
}

} // namespace

BOOST_AUTO_TEST_CASE(in_fair_weather_every_job_is_answered_ok_and_slow_ones_are_hedged) {
  simulated_house house{seed(), {.jobs = 10'000}};
  house.run();
  check_each_answered_once(house, 10'000);
  BOOST_TEST(house.by_status(status::ok) + house.by_status(status::overload) == 10'000u);
  BOOST_TEST(house.hedges().fired > 0u);
  BOOST_TEST(house.hedges().won > 0u);
  BOOST_TEST(house.rotations() > 10u);
  BOOST_TEST(house.in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(with_deaths_cancels_and_echoes_every_job_is_answered_exactly_once) {
  simulated_house house{seed() + 1, {.cores = 3, .jobs = 20'000, .death = 1, .cancel = 50, .echo = 100}};
  house.run();
  check_each_answered_once(house, 20'000);
  BOOST_TEST(house.deaths() > 0u);
  BOOST_TEST(house.by_status(status::cancelled) > 0u);
}

BOOST_AUTO_TEST_CASE(in_a_world_where_all_workers_die_every_job_is_answered_exactly_once) {
  simulated_house house{seed() + 2, {.cores = 2, .jobs = 3000, .death = 300, .stillbirth = 300, .cancel = 20}};
  house.run();
  check_each_answered_once(house, 3000);
  BOOST_TEST(house.by_status(status::no_worker) > 0u);
}

BOOST_AUTO_TEST_CASE(in_a_hundred_different_worlds_every_job_is_answered_exactly_once) {
  std::mt19937_64 chance{seed() + 3};
  for (int world = 0; world < 100; ++world) {
    const weather w{.cores = static_cast<uint32_t>(1 + chance() % 4),
                    .jobs = 400,
                    .death = static_cast<uint32_t>(chance() % 30),
                    .stillbirth = static_cast<uint32_t>(chance() % 300),
                    .cancel = static_cast<uint32_t>(chance() % 200),
                    .echo = static_cast<uint32_t>(chance() % 200),
                    .slow = static_cast<uint32_t>(chance() % 200),
                    .close = 300};
    simulated_house house{chance(), w};
    house.run();
    check_each_answered_once(house, w.jobs);
  }
}

BOOST_AUTO_TEST_SUITE_END()
