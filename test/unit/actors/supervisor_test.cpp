// Workers are started, replaced when worn and restarted when dead, in an order that leaves no gap.
#include <boost/test/unit_test.hpp>

#include <string>

#include <caf/send.hpp>

#include "test/unit/actors/virtual_house.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counts_of;
using test::house_options;
using test::verdict;
using test::virtual_house;

BOOST_AUTO_TEST_SUITE(supervisor_test)

namespace {

constexpr lane_id one{1};
constexpr std::string_view text = "\\a b {c}";

// Without a resident part every job is a trim.
house_options worn_after(uint64_t jobs, uint32_t cores = 2) {
  return {.cores = cores, .budgets = {.alloc_mb = 0, .major_cycles = jobs}, .resident_bytes = 0};
}

struct house_of_one_job_workers : virtual_house {
  house_of_one_job_workers() : virtual_house(worn_after(1)) { words(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_worker_a_core_joins_at_the_start, virtual_house) {
  BOOST_TEST(words() == "joined 1, joined 2");
  BOOST_TEST(health().lanes_alive == 2u);
  BOOST_TEST(health().lanes_starting == 0u);
  BOOST_TEST(health().cores_given_up == 0u);
}

BOOST_AUTO_TEST_CASE(settled_is_answered_once_no_worker_is_starting) {
  virtual_house house{{.cores = 3}, false};
  const auto settled = house.ask<health_report>(house.supervisor, atom::settled_v);
  BOOST_REQUIRE(settled->has_value());
  BOOST_TEST((*settled)->lanes_alive == 3u);
}

BOOST_FIXTURE_TEST_CASE(settled_waits_for_a_worker_that_will_be_tried_again, virtual_house) {
  kill(1);
  run();
  BOOST_TEST(health().lanes_alive == 1u);
  BOOST_TEST(health().lanes_starting == 1u);
  const auto first = ask<health_report>(supervisor, atom::settled_v);
  const auto second = ask<health_report>(supervisor, atom::settled_v);
  pass(9ms);
  BOOST_TEST(!first->has_value());
  pass(1ms);
  BOOST_REQUIRE((first->has_value() && second->has_value()));
  BOOST_TEST((*first)->lanes_alive == 2u);
}

BOOST_AUTO_TEST_CASE(settled_is_answered_also_when_nobody_is_left) {
  virtual_house house{{.restart = {.restarts_max = 0}}};
  house.kill(1);
  house.kill(2);
  house.run();
  const auto settled = house.ask<health_report>(house.supervisor, atom::settled_v);
  BOOST_REQUIRE(settled->has_value());
  BOOST_TEST((*settled)->lanes_alive == 0u);
  BOOST_TEST((*settled)->cores_given_up == 2u);
}

BOOST_AUTO_TEST_CASE(workers_that_cannot_even_start_are_tried_again_and_then_given_up) {
  virtual_house house{{.restart = {.restarts_max = 2}, .document_bytes_max = uint64_t{1} << 60}, false};
  const auto settled = house.ask<health_report>(house.supervisor, atom::settled_v);
  house.submit(7, text);
  house.pass(10ms);
  BOOST_TEST(!settled->has_value());
  BOOST_TEST(house.answers(7).empty());
  house.pass(20ms);
  BOOST_REQUIRE(settled->has_value());
  BOOST_TEST((*settled)->cores_given_up == 2u);
  BOOST_TEST((house.answer(7) == outcome{.status = status::no_worker}));
  BOOST_TEST(house.words() == "unstaffed");
  BOOST_TEST(house.stats().restarts == 4u);
}

BOOST_FIXTURE_TEST_CASE(the_replacement_joins_before_the_worn_one_cools, house_of_one_job_workers) {
  submit(7, text);
  run();
  BOOST_TEST(answer(7) == counts_of(text));
  BOOST_TEST(words() == "joined 3, cooling 1, drained 1, gone 1, left 1");
  BOOST_TEST(health().lanes_alive == 2u);
  BOOST_TEST(stats().rotations == 1u);
  BOOST_TEST(stats().restarts == 0u);
}

BOOST_FIXTURE_TEST_CASE(one_core_at_a_time_is_rotated, house_of_one_job_workers) {
  finishes = [](lane_id, job_id) { return verdict{verdict::delay, 1ms}; };
  submit(1, text);
  submit(2, text);
  pass_slowly(10ms);
  BOOST_TEST(words()
             == "joined 3, cooling 1, drained 1, gone 1, left 1, joined 4, cooling 2, drained 2, gone 2, left 2");
  BOOST_TEST(stats().rotations == 2u);
}

BOOST_AUTO_TEST_CASE(a_worker_is_worn_after_so_many_trims_and_not_before) {
  virtual_house house{worn_after(5, 1)};
  for (uint64_t id = 1; id <= 4; ++id) house.submit(id, text);
  house.run();
  BOOST_TEST(house.words() == "joined 1");
  house.submit(5, text);
  house.run();
  BOOST_TEST(house.words() == "joined 2, cooling 1, drained 1, gone 1, left 1");
}

BOOST_AUTO_TEST_CASE(a_worker_is_worn_after_so_many_bytes_handed_out) {
  // 10 000 bytes of text take 50 005 of columns; the 64 jobs between two reports are 3 MiB.
  virtual_house house{{.cores = 1, .budgets = {.alloc_mb = 3, .major_cycles = 0}}};
  const std::string long_text(10'000, 'a');
  for (uint64_t id = 1; id <= 63; ++id) house.submit(id, long_text);
  house.run();
  BOOST_TEST(house.words() == "joined 1");
  house.submit(64, long_text);
  house.run();
  BOOST_TEST(house.words() == "joined 2, cooling 1, drained 1, gone 1, left 1");
  for (uint64_t id = 1; id <= 64; ++id) BOOST_TEST((house.answer(id).status == status::ok));
}

BOOST_AUTO_TEST_CASE(without_budgets_nobody_is_worn) {
  virtual_house house{worn_after(0)};
  for (uint64_t id = 1; id <= 200; ++id) {
    house.submit(id, text);
    house.run();
  }
  BOOST_TEST(house.words() == "joined 1, joined 2");
}

BOOST_AUTO_TEST_CASE(a_cooling_worker_ends_what_it_has_and_gets_nothing_new) {
  virtual_house house{worn_after(2, 1)};
  house.finishes = [](lane_id, job_id id) { return id.value == 3 ? verdict{verdict::delay, 5ms} : verdict{}; };
  for (uint64_t id = 1; id <= 3; ++id) house.submit(id, text);
  house.run();
  BOOST_TEST(house.words() == "joined 1, joined 2, cooling 1");
  house.submit(4, text);
  house.run();
  BOOST_TEST(house.run_log() == "run 1 at 1, run 2 at 1, run 3 at 1, run 4 at 2");
  BOOST_TEST(house.words() == "");
  BOOST_TEST(house.answers(3).empty());
  house.pass(5ms);
  BOOST_TEST(house.answer(3) == counts_of(text));
  BOOST_TEST(house.words() == "drained 1, gone 1, left 1");
}

BOOST_AUTO_TEST_CASE(a_cooling_worker_that_dies_has_been_replaced_already_and_its_job_runs_again) {
  virtual_house house{worn_after(2, 1)};
  house.runs = [](lane_id lane, job_id id) {
    return id.value == 3 && lane == one ? verdict{verdict::delay, 5ms} : verdict{};
  };
  for (uint64_t id = 1; id <= 3; ++id) house.submit(id, text);
  house.run();
  BOOST_TEST(house.words() == "joined 1, joined 2, cooling 1");
  house.kill(1);
  house.run();
  BOOST_TEST(house.answer(3) == counts_of(text));
  BOOST_TEST(house.words() == "gone 1, left 1");
  BOOST_TEST(house.stats().rotations == 1u);
  BOOST_TEST(house.stats().restarts == 0u);
}

BOOST_AUTO_TEST_CASE(rotating_all_the_time_every_job_is_answered) {
  virtual_house house{worn_after(1)};
  house.finishes = [](lane_id lane, job_id id) {
    return verdict{verdict::delay, std::chrono::microseconds{100 * (id.value % 7) + uint64_t{30} * (lane.value % 5)}};
  };
  for (uint64_t id = 1; id <= 300; ++id) {
    house.submit(id, text);
    house.pass(200us);
  }
  house.pass_slowly(100ms);
  for (uint64_t id = 1; id <= 300; ++id) BOOST_TEST((house.answer(id).status == status::ok));
  BOOST_TEST(house.stats().rotations > 100u);
  BOOST_TEST(house.live_lanes().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_dead_worker_is_replaced_after_a_pause, virtual_house) {
  words();
  kill(2);
  run();
  BOOST_TEST(words() == "gone 2, left 2");
  pass(10ms);
  BOOST_TEST(words() == "joined 3");
  BOOST_TEST(stats().restarts == 1u);
  BOOST_TEST(stats().rotations == 0u);
}

BOOST_FIXTURE_TEST_CASE(told_to_exit_it_ends_its_workers_and_then_itself, virtual_house) {
  words();
  bool ended = false;
  size_t left_behind = 99;
  supervisor->attach_functor([&](const caf::error& reason) {
    ended = reason == caf::exit_reason::user_shutdown;
    left_behind = live_lanes().size();
  });
  caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  run();
  BOOST_TEST(ended);
  BOOST_TEST(left_behind == 0u);
  const std::string said = words();
  for (const char* word : {"gone 1", "gone 2", "left 1", "left 2"}) BOOST_TEST(said.find(word) != std::string::npos);
  BOOST_TEST(said.find("joined") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(told_to_exit_while_a_restart_is_planned_it_starts_nobody, virtual_house) {
  kill(1);
  run();
  words();
  caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  pass(1s);
  BOOST_TEST(words() == "gone 2, left 2");
}

BOOST_FIXTURE_TEST_CASE(told_to_exit_in_the_middle_of_a_rotation_it_ends_old_and_new, house_of_one_job_workers) {
  finishes = [](lane_id, job_id id) { return id.value == 2 ? verdict{verdict::drop} : verdict{}; };
  submit(1, text);
  rule_of_words = [](const std::string& word) { return word == "drained 1" ? verdict{verdict::drop} : verdict{}; };
  run();
  BOOST_TEST(words() == "joined 3, cooling 1, drained 1");
  bool ended = false;
  supervisor->attach_functor([&](const caf::error&) { ended = true; });
  caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  run();
  BOOST_TEST(ended);
  BOOST_TEST(live_lanes().empty());
}

BOOST_AUTO_TEST_SUITE_END()
