// Workers that become too old, too large or hang: who is replaced when, and what metrics hears of it.
#include <boost/test/unit_test.hpp>

#include <string>

#include <caf/send.hpp>

#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::house_options;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(supervisor_limits_test)

namespace {

constexpr std::string_view text = "\\a b {c}";

void say_stuck(virtual_house& house, uint32_t lane) {
  caf::anon_send(house.supervisor, atom::stuck_v, lane_id{lane}, death::crash);
}

} // namespace

BOOST_AUTO_TEST_CASE(idle_workers_that_are_too_old_are_replaced_one_after_the_other) {
  virtual_house house{{.budgets = {.max_age = 10s}}};
  house.words();
  house.pass_slowly(9s, 1s);
  BOOST_TEST(house.words() == "");
  house.pass(1s);
  BOOST_TEST(house.words()
             == "joined 3, cooling 1, drained 1, gone 1, left 1, joined 4, cooling 2, drained 2, gone 2, left 2");
  house.pass_slowly(9s, 1s);
  BOOST_TEST(house.words() == "");
  BOOST_TEST(house.stats().rotations == 2u);
  BOOST_TEST(house.stats().restarts == 0u);
}

BOOST_AUTO_TEST_CASE(without_a_greatest_age_nobody_looks_at_the_clock) {
  virtual_house house;
  house.words();
  BOOST_TEST(!house.scheduler().has_pending_timeout());
  house.pass(10h);
  BOOST_TEST(house.words() == "");
}

BOOST_AUTO_TEST_CASE(two_rotations_run_at_once_where_two_may) {
  virtual_house house{{.budgets = {.max_age = 10s}, .rotations_at_once = 2}};
  house.words();
  house.rule_of_words = [](const std::string& word) {
    return word.starts_with("drained") ? test::verdict{test::verdict::delay, 1s} : test::verdict{};
  };
  house.pass(10s);
  const std::string said = house.words();
  for (const char* word : {"joined 3", "joined 4", "cooling 1", "cooling 2"})
    BOOST_TEST(said.find(word) != std::string::npos, said);
  BOOST_TEST(said.find("gone") == std::string::npos);
  house.pass(1s);
  BOOST_TEST(house.stats().rotations == 2u);
}

// This process uses more than a megabyte, whatever is replaced.
BOOST_AUTO_TEST_CASE(memory_over_its_budget_replaces_a_worker_once_a_minute) {
  virtual_house house{{.cores = 1, .budgets = {.rss_mb = 1}, .resident_bytes = 0}}; // each job is a trim and reported
  house.words();
  auto work = [&house, id = uint64_t{0}](int jobs) mutable {
    for (int i = 0; i < jobs; ++i) {
      house.submit(++id, text);
      house.run();
      BOOST_TEST((house.answer(id).status == status::ok));
    }
  };
  work(1);
  BOOST_TEST(house.words() == "joined 2, cooling 1, drained 1, gone 1, left 1");
  work(10);
  house.pass(59s);
  work(10);
  BOOST_TEST(house.words() == "");
  house.pass(1s);
  work(1);
  BOOST_TEST(house.words() == "joined 3, cooling 2, drained 2, gone 2, left 2");
}

BOOST_AUTO_TEST_CASE(memory_within_its_budget_replaces_nobody) {
  virtual_house house{{.cores = 1, .budgets = {.rss_mb = uint64_t{1} << 30}, .resident_bytes = 0}};
  for (uint64_t id = 1; id <= 20; ++id) house.submit(id, text);
  house.run();
  BOOST_TEST(house.words() == "joined 1");
}

BOOST_AUTO_TEST_CASE(a_lane_that_hangs_leaves_and_another_joins_after_the_pause_of_a_death) {
  virtual_house house;
  house.words();
  say_stuck(house, 1);
  house.run();
  const std::string said = house.words(); // its thread is not really hung here: it ends as it is told
  for (const char* word : {"left 1", "gone 1"}) BOOST_TEST(said.find(word) != std::string::npos, said);
  BOOST_TEST(house.health().lanes_alive == 1u);
  house.pass(10ms);
  BOOST_TEST(house.words() == "joined 3");
  BOOST_TEST(house.health().lanes_alive == 2u);
  BOOST_TEST(house.health().lanes_stuck == 0u);
  BOOST_TEST(house.stats().restarts == 1u);
}

BOOST_AUTO_TEST_CASE(the_job_of_a_lane_that_hangs_runs_elsewhere_and_its_own_late_word_is_stale) {
  virtual_house house{{.hedge = {.enabled = false, .delay = {}, .budget = {}}}};
  house.finishes = [](lane_id lane, job_id) {
    return lane.value == 1 ? test::verdict{test::verdict::delay, 1h} : test::verdict{};
  };
  house.submit(1, text);
  house.run();
  BOOST_TEST(house.answers(1).empty());
  say_stuck(house, 1);
  house.run();
  BOOST_TEST(house.answer(1) == test::counts_of(text));
  house.pass(1h);
  BOOST_TEST(house.answer(1) == test::counts_of(text));
}

BOOST_AUTO_TEST_CASE(too_many_that_hang_are_told_once_for_the_process_to_end) {
  int told = 0;
  virtual_house house{{.cores = 3, .stuck_max = 2, .too_many_stuck = [&told] { ++told; }}};
  say_stuck(house, 1);
  BOOST_TEST(told == 0);
  say_stuck(house, 2); // before the first one could end
  say_stuck(house, 3);
  house.run();
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(words_about_lanes_that_are_not_there_change_nothing) {
  virtual_house house;
  house.words();
  for (const uint32_t lane : {0u, 3u, 999u, UINT32_MAX}) say_stuck(house, lane);
  house.pass(1s);
  BOOST_TEST(house.words() == "");
  BOOST_TEST(house.health().lanes_stuck == 0u);
}

BOOST_AUTO_TEST_CASE(metrics_hears_of_the_house_s_health_whenever_it_changes) {
  virtual_house house{{.restart = {.restarts_max = 1}}};
  BOOST_TEST((house.stats().health == house.health()));
  BOOST_TEST(house.stats().health.lanes_alive == 2u);
  house.kill(1);
  house.run();
  BOOST_TEST(house.stats().health.lanes_alive == 1u);
  BOOST_TEST(house.stats().health.lanes_starting == 1u);
  BOOST_TEST(house.stats().health.ready());
  house.pass(10ms);
  BOOST_TEST(house.stats().health.lanes_alive == 2u);
  for (const uint32_t lane : {2u, 3u}) house.kill(lane);
  house.pass(10ms);
  house.kill(4);
  house.run();
  BOOST_TEST((house.stats().health == house.health()));
  BOOST_TEST(house.stats().health.cores_given_up == 2u);
  BOOST_TEST(!house.stats().health.ready());
}

BOOST_AUTO_TEST_SUITE_END()
