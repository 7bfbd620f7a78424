// What a request's priority does to its turn, and what it does not do to those of others.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "actors/state/fair_queue.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(priority_test)

namespace {

constexpr uint64_t alice = 1, bob = 2;
constexpr auto background = request_priority::background, normal = request_priority::normal,
               interactive = request_priority::interactive;
using ids = std::vector<uint64_t>;

struct waiting {
  fair_queue queue;
  instant time{};
  std::vector<expired_job> expired;

  explicit waiting(const fair_queue_options& options = {.job_overhead = duration{0}}) : queue(options) {}
  ~waiting() { queue.check_invariants(); }

  push_verdict push(uint64_t client, uint64_t id, request_priority priority, duration expected = 60us,
                    bool patient = false) {
    return queue.push_back(
      {.client = client, .job = {id}, .expected = expected, .patient = patient, .priority = priority}, time);
  }
  uint64_t pop(pop_from from = pop_from::all) {
    const auto next = queue.pop(pop_order::oldest_first, from);
    queue.check_invariants();
    return next ? next->value : 0;
  }
  ids pop_all() {
    ids leaving;
    while (const uint64_t id = pop()) leaving.push_back(id);
    return leaving;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_interactive_request_goes_ahead_of_what_else_its_client_has_waiting, waiting) {
  for (const uint64_t id : {1u, 2u}) push(alice, id, normal);
  for (const uint64_t id : {3u, 4u}) push(alice, id, interactive);
  BOOST_TEST(pop_all() == (ids{3, 4, 1, 2}));
}

BOOST_FIXTURE_TEST_CASE(an_interactive_request_does_not_pass_other_clients, waiting) {
  push(alice, 1, normal);
  push(bob, 2, normal);
  push(bob, 3, interactive);
  BOOST_TEST(pop() == 1u);
  BOOST_TEST(pop() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_long_interactive_document_lets_short_ones_pass_and_is_next_after_eight, waiting) {
  push(alice, 100, interactive, 1ms);
  for (uint64_t id = 1; id <= 20; ++id) push(alice, id, normal);
  for (uint64_t id = 1; id <= 8; ++id) BOOST_TEST(pop() == id);
  BOOST_TEST(pop() == 100u);
}

BOOST_FIXTURE_TEST_CASE(a_lengthy_interactive_document_is_left_out_where_lengthy_ones_are, waiting) {
  push(alice, 1, interactive, 1s);
  BOOST_TEST(pop(pop_from::not_lengthy) == 0u);
  push(alice, 2, normal);
  BOOST_TEST(pop(pop_from::not_lengthy) == 2u);
  BOOST_TEST(pop() == 1u);
}

BOOST_FIXTURE_TEST_CASE(background_work_has_a_sixteenth_of_a_clients_part, waiting) {
  for (uint64_t id = 1; id <= 20; ++id) push(bob, id, background, 64us);
  int backgrounds = 0;
  for (uint64_t id = 100; id < 100 + 17 * 10; ++id) {
    push(alice, id, normal, 64us);
    backgrounds += pop() < 100;
  }
  BOOST_TEST(backgrounds >= 9);
  BOOST_TEST(backgrounds <= 11);
}

BOOST_FIXTURE_TEST_CASE(a_clients_own_background_work_is_behind_what_else_it_wants, waiting) {
  for (uint64_t id = 1; id <= 3; ++id) push(alice, id, background, 64us);
  for (uint64_t id = 11; id <= 13; ++id) push(alice, id, normal, 64us);
  BOOST_TEST(pop_all() == (ids{11, 12, 13, 1, 2, 3}));
}

BOOST_FIXTURE_TEST_CASE(where_nothing_else_waits_background_work_goes_at_once, waiting) {
  for (uint64_t id = 1; id <= 3; ++id) push(alice, id, background, 20ms);
  BOOST_TEST(pop_all() == (ids{1, 2, 3}));
}

BOOST_FIXTURE_TEST_CASE(what_waits_in_the_background_does_not_make_others_look_late_or_greedy, waiting) {
  push(alice, 1, background);
  time += 80ms;
  BOOST_TEST((queue.longest_wait(time) == 0ms));
  BOOST_TEST(queue.only_patient());
  BOOST_TEST((queue.cost() == 0ms));
  BOOST_TEST(queue.clients() == 0u);
  push(alice, 2, background, 60us, true);
  BOOST_TEST((queue.patient_cost() == 0ms));
  BOOST_TEST(queue.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(background_work_does_not_wait_longer_than_other_work_may, waiting) {
  push(alice, 1, background);
  push(bob, 2, background, 60us, true);
  time += 101ms;
  queue.expire(time, 100ms, 1s, expired);
  BOOST_TEST(expired.size() == 1u);
  BOOST_TEST((expired.at(0).job == job_id{1}));
}

BOOST_AUTO_TEST_CASE(background_work_makes_room_first_and_nobody_makes_room_for_it) {
  waiting w;
  w.push(alice, 1, normal, 1s);
  w.push(bob, 2, background);
  w.push(bob, 3, background);
  BOOST_TEST(!w.queue.push_out({9, background}, 1us).has_value());
  BOOST_TEST((w.queue.push_out(alice, 1us) == job_id{3}));
  BOOST_TEST((w.queue.push_out(bob, 1us) == job_id{2})); // its own too
  BOOST_TEST((w.queue.push_out(bob, 1us) == job_id{1}));
}

// A client whose background documents took far longer than expected pays for it there, not with its other requests.
BOOST_FIXTURE_TEST_CASE(what_background_work_owes_is_its_own, waiting) {
  queue.charge({alice, background}, 5ms);
  push(alice, 1, normal, 64us);
  push(bob, 2, normal, 64us);
  BOOST_TEST(pop() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
