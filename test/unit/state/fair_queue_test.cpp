// Who is next when a lane becomes free, so that nobody waits because of another's jobs.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "test/unit/state/seed.hpp"
#include "test/unit/state/waiting_jobs.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(fair_queue_test)

namespace {

request_priority any(std::mt19937_64& chance) { return static_cast<request_priority>(chance() % 3); }

} // namespace

BOOST_FIXTURE_TEST_CASE(jobs_of_one_client_leave_in_the_order_they_came, waiting) {
  for (uint64_t id : {1u, 2u, 3u}) push(alice, id);
  BOOST_TEST(pop_all() == (ids{1, 2, 3}));
}

BOOST_FIXTURE_TEST_CASE(in_overload_the_newest_leaves_first, waiting) {
  for (uint64_t id : {1u, 2u, 3u}) push(alice, id);
  BOOST_TEST(pop_all(pop_order::newest_first) == (ids{3, 2, 1}));
}

BOOST_FIXTURE_TEST_CASE(a_client_with_one_job_does_not_wait_for_all_of_another_with_many, waiting) {
  for (uint64_t id = 1; id <= 100; ++id) push(alice, id, 60 * kib);
  push(bob, 200, 60 * kib);
  BOOST_TEST(pop() == 1u);
  BOOST_TEST(pop() == 200u);
  BOOST_TEST(pop() == 2u);
}

BOOST_FIXTURE_TEST_CASE(the_newest_goes_first_within_a_client_and_clients_still_take_turns, waiting) {
  for (uint64_t id : {1u, 2u}) push(alice, id, 60 * kib);
  for (uint64_t id : {3u, 4u}) push(bob, id, 60 * kib);
  BOOST_TEST(pop_all(pop_order::newest_first) == (ids{2, 4, 1, 3}));
}

BOOST_FIXTURE_TEST_CASE(clients_share_by_bytes_and_not_by_jobs, waiting) {
  for (uint64_t id = 1; id <= 200; ++id) push(alice, id, 12 * kib);
  for (uint64_t id = 1001; id <= 1050; ++id) push(bob, id, 60 * kib);
  std::map<bool, uint64_t> bytes;
  for (int i = 0; i < 60; ++i) {
    const bool bobs = pop() > 1000;
    bytes[bobs] += bobs ? 64 * kib : 16 * kib; // with what each job costs beside its bytes
  }
  BOOST_TEST(bytes[false] <= bytes[true] + 64 * kib);
  BOOST_TEST(bytes[true] <= bytes[false] + 64 * kib);
}

BOOST_FIXTURE_TEST_CASE(empty_documents_are_not_free, waiting) {
  for (uint64_t id = 1; id <= 200; ++id) push(alice, id, 0);
  push(bob, 1001, 60 * kib);
  int before = 0;
  while (pop() != 1001) ++before;
  BOOST_TEST(before == 16);
}

BOOST_FIXTURE_TEST_CASE(a_small_document_passes_another_clients_large_one, waiting) {
  push(alice, 1, 10 * mib);
  push(bob, 2, kib);
  BOOST_TEST(pop() == 2u);
  BOOST_TEST(pop() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_large_document_is_not_starved_by_another_clients_small_ones, waiting) {
  push(alice, 1, mib);
  uint64_t bytes_before = 0;
  for (uint64_t id = 2;; ++id) { // one comes for each that leaves
    push(bob, id, 60 * kib);
    if (pop() == 1) break;
    bytes_before += 60 * kib;
    BOOST_TEST_REQUIRE(bytes_before <= mib + 64 * kib);
  }
}

BOOST_FIXTURE_TEST_CASE(a_small_document_passes_a_large_one_of_its_own_client, waiting) {
  push(alice, 1, mib);
  push(alice, 2, 64 * kib);
  push(alice, 3, mib);
  BOOST_TEST(pop_all() == (ids{2, 1, 3}));
}

BOOST_FIXTURE_TEST_CASE(after_eight_small_ones_in_a_row_a_large_one_of_the_same_client_is_next, waiting) {
  push(alice, 1, mib);
  for (uint64_t id = 2; id <= 20; ++id) push(alice, id);
  BOOST_TEST(pop_all() == (ids{2, 3, 4, 5, 6, 7, 8, 9, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}));
}

BOOST_FIXTURE_TEST_CASE(a_client_alone_does_not_wait_to_earn_its_size, waiting) {
  push(alice, 1, 256 * mib);
  BOOST_TEST(pop() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_had_nothing_to_do_has_saved_nothing, waiting) {
  push(bob, 1, kib);
  BOOST_TEST(pop() == 1u); // earned 64 KiB, spent 5
  for (uint64_t id = 2; id <= 40; ++id) push(bob, id, 28 * kib);
  push(alice, 100, 28 * kib);
  BOOST_TEST(pop() == 2u);
  BOOST_TEST(pop() == 3u);
  BOOST_TEST(pop() == 100u);
}

BOOST_AUTO_TEST_CASE(the_queue_is_bounded_in_all_and_for_each_client) {
  waiting w{{.count_max = 5, .count_per_client_max = 3}};
  for (uint64_t id : {1u, 2u, 3u}) BOOST_TEST((w.push(alice, id) == push_verdict::queued));
  BOOST_TEST((w.push(alice, 4) == push_verdict::client_full));
  for (uint64_t id : {5u, 6u}) BOOST_TEST((w.push(bob, id) == push_verdict::queued));
  BOOST_TEST((w.push(bob, 7) == push_verdict::queue_full));
  BOOST_TEST(w.queue.size() == 5u);
  BOOST_TEST(w.queue.size_of(alice) == 3u);
  BOOST_TEST(w.queue.clients() == 2u);
}

BOOST_FIXTURE_TEST_CASE(what_a_client_has_waiting_is_counted_in_lane_time, waiting) {
  BOOST_TEST((queue.cost_of(alice) == 0ns));
  push(alice, 1, 10'000);
  push(alice, 2, 1'000'000);
  push(bob, 3, 1000);
  BOOST_TEST((queue.cost_of(alice) == duration{14'096 + 1'004'096})); // with what each job costs beside its document
  BOOST_TEST((queue.cost() == queue.cost_of(alice) + queue.cost_of(bob)));
  queue.remove({2});
  BOOST_TEST((queue.cost_of(alice) == duration{14'096}));
}

BOOST_AUTO_TEST_CASE(a_job_that_lost_its_lane_goes_first_and_is_never_refused) {
  waiting w{{.count_max = 1}};
  w.push(alice, 1);
  w.queue.push_front({7}, w.time);
  w.queue.push_front({8}, w.time);
  BOOST_TEST((w.push(bob, 2) == push_verdict::queue_full));
  w.time += 1h;
  BOOST_TEST(w.expire(5ms) == 1u); // job 1
  BOOST_TEST((w.queue.longest_wait(w.time) == 1h));
  BOOST_TEST(w.pop(pop_order::newest_first) == 8u);
  BOOST_TEST(w.pop() == 7u);
  BOOST_TEST(w.pop() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_job_leaves_its_place_to_another, waiting) {
  for (uint64_t id : {1u, 2u, 3u}) push(alice, id);
  queue.push_front({4}, time);
  BOOST_TEST(queue.remove({2}));
  BOOST_TEST(!queue.remove({2}));
  BOOST_TEST(queue.remove({4}));
  BOOST_TEST(pop_all() == (ids{1, 3}));
}

BOOST_FIXTURE_TEST_CASE(those_that_waited_too_long_are_removed_oldest_first_whosever_they_are, waiting) {
  push(alice, 1);
  push(bob, 2, mib);
  time += 4ms;
  push(alice, 3);
  time += 2ms;
  BOOST_TEST(expire(6ms) == 0u);
  BOOST_TEST(expire(5ms) == 2u);
  BOOST_TEST((expired[0].job == job_id{1}));
  BOOST_TEST((expired[1].job == job_id{2}));
  BOOST_TEST((expired[1].why == expiry::waited_too_long));
  BOOST_TEST((queue.longest_wait(time) == 2ms));
  BOOST_TEST(pop_all() == (ids{3}));
}

BOOST_FIXTURE_TEST_CASE(those_past_their_own_deadline_are_removed_wherever_they_stand, waiting) {
  push(alice, 1);
  BOOST_TEST((queue.push_back({.client = alice, .job = {2}, .deadline = time + 3ms}, time) == push_verdict::queued));
  BOOST_TEST((queue.push_back({.client = bob, .job = {3}, .deadline = time + 2ms}, time) == push_verdict::queued));
  queue.push_front({4}, time, time + 9ms);
  time += 3ms;
  BOOST_TEST(expire(1h) == 2u);
  BOOST_TEST((expired[0].job == job_id{3}));
  BOOST_TEST((expired[1].job == job_id{2}));
  BOOST_TEST((expired[1].why == expiry::past_deadline));
  time += 6ms;
  BOOST_TEST(expire(1h) == 1u);
  BOOST_TEST((expired[0].job == job_id{4}));
  BOOST_TEST(pop_all() == (ids{1}));
}

BOOST_FIXTURE_TEST_CASE(a_client_pays_for_what_its_jobs_took_beyond_what_was_expected, waiting) {
  for (uint64_t id = 1; id <= 20; ++id) push(alice, id, 60 * kib);
  for (uint64_t id = 101; id <= 120; ++id) push(bob, id, 60 * kib);
  BOOST_TEST(pop() == 1u);
  queue.charge(alice, time_of(640 * kib)); // as ten of them
  std::vector<uint64_t> before;
  for (uint64_t id = pop(); id != 2; id = pop()) before.push_back(id);
  BOOST_TEST(before.size() == 11u);
}

BOOST_FIXTURE_TEST_CASE(a_client_with_one_job_at_a_time_pays_too, waiting) {
  for (uint64_t id = 101; id <= 160; ++id) push(bob, id, 60 * kib);
  uint64_t of_alice = 0;
  bool runs = false;
  push(alice, 1, 60 * kib);
  for (int i = 0; i < 40; ++i) {
    if (runs) { // what was expected to take as long as bob's took ten times as long
      queue.charge(alice, time_of(576 * kib));
      push(alice, ++of_alice + 1, 60 * kib);
    }
    runs = pop() < 100;
  }
  BOOST_TEST(of_alice >= 2u);
  BOOST_TEST(of_alice <= 5u);
}

BOOST_FIXTURE_TEST_CASE(what_it_did_not_use_is_given_back, waiting) {
  for (uint64_t id = 1; id <= 20; ++id) push(alice, id, 640 * kib);
  for (uint64_t id = 101; id <= 200; ++id) push(bob, id, 60 * kib);
  std::map<bool, int> served;
  for (int i = 0; i < 30; ++i) {
    const bool alices = pop() < 100;
    ++served[alices];
    if (alices) queue.charge(alice, -time_of(580'000)); // it took as long as bob's
  }
  BOOST_TEST(served[true] >= 9);
}

BOOST_FIXTURE_TEST_CASE(debts_are_forgiven_once_nobody_waits, waiting) {
  queue.charge(alice, 10ms);
  push(bob, 1);
  BOOST_TEST(pop() == 1u);
  for (uint64_t id = 1; id <= 3; ++id) push(alice, id, 60 * kib);
  for (uint64_t id = 101; id <= 103; ++id) push(bob, id, 60 * kib);
  BOOST_TEST(pop_all() == (ids{1, 101, 2, 102, 3, 103}));
}

BOOST_FIXTURE_TEST_CASE(patient_jobs_wait_longer_and_do_not_count_as_waits, waiting) {
  BOOST_TEST((queue.push_back({.client = alice, .job = {1}, .patient = true}, time) == push_verdict::queued));
  time += 50ms;
  BOOST_TEST((queue.longest_wait(time) == 0ms));
  BOOST_TEST(queue.only_patient());
  push(bob, 2);
  time += 10ms;
  BOOST_TEST((queue.longest_wait(time) == 10ms));
  BOOST_TEST(expire(5ms, 60ms) == 1u);
  BOOST_TEST((expired[0].job == job_id{2}));
  BOOST_TEST(expire(5ms, 59ms) == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_greediest_client_loses_its_newest_job_to_a_newcomer, waiting) {
  push(alice, 1);
  push(bob, 2, mib);
  time += 1ms;
  push(bob, 3);
  BOOST_TEST((queue.push_out(9, time_of(kib)) == job_id{3}));
  BOOST_TEST((queue.push_out(9, time_of(kib)) == job_id{2}));
  BOOST_TEST(!queue.push_out(9, time_of(kib)).has_value()); // alice has no more than it would have
}

BOOST_FIXTURE_TEST_CASE(nobody_is_pushed_out_by_itself_or_while_it_is_patient, waiting) {
  push(bob, 1, mib);
  push(bob, 2, mib);
  BOOST_TEST(!queue.push_out(bob, time_of(kib)).has_value());
  BOOST_TEST(
    (queue.push_back({.client = alice, .job = {3}, .expected = 1s, .patient = true}, time) == push_verdict::queued));
  BOOST_TEST((queue.push_out(9, time_of(kib)) == job_id{2}));
}

BOOST_FIXTURE_TEST_CASE(nobody_waits_in_an_empty_queue, waiting) {
  BOOST_TEST(pop() == 0u);
  BOOST_TEST(expire(0ms) == 0u);
  BOOST_TEST((queue.longest_wait(time) == 0ms));
  BOOST_TEST(queue.empty());
}

// Six clients push, cancel, lose lanes and wait too long by chance; each job leaves exactly once.
BOOST_AUTO_TEST_CASE(through_any_history_each_job_leaves_exactly_once) {
  std::mt19937_64 chance{test::seed()};
  for (int world = 0; world < 50; ++world) {
    waiting w{{.count_max = 40, .count_per_client_max = 12}};
    std::set<uint64_t> inside;
    const auto leaves = [&](uint64_t id) { BOOST_REQUIRE_EQUAL(inside.erase(id), 1u); };
    for (uint64_t id = 1; id <= 2000; ++id) {
      w.time += std::chrono::microseconds{chance() % 2000};
      const instant deadline = chance() % 3 == 0 ? w.time + std::chrono::milliseconds{chance() % 50} : instant::max();
      const uint64_t bytes = chance() % (chance() % 4 == 0 ? 2 * mib : 8 * kib);
      if (chance() % 20 == 0) {
        w.queue.push_front({id}, w.time, deadline);
        inside.insert(id);
      } else if (const waiting_job job{chance() % 6, {id}, time_of(bytes), chance() % 4 == 0, deadline, any(chance)};
                 w.queue.push_back(job, w.time) == push_verdict::queued) {
        inside.insert(id);
      }
      if (chance() % 5 != 0)
        if (const uint64_t next = w.pop(chance() % 2 == 0 ? pop_order::oldest_first : pop_order::newest_first))
          leaves(next);
      if (chance() % 10 == 0 && !inside.empty()) {
        const uint64_t cancelled = *inside.begin();
        BOOST_REQUIRE(w.queue.remove({cancelled}));
        leaves(cancelled);
      }
      if (chance() % 30 == 0) w.expire(std::chrono::milliseconds{chance() % 60});
      for (const expired_job& each : std::exchange(w.expired, {})) leaves(each.job.value);
      BOOST_REQUIRE_EQUAL(w.queue.size(), inside.size());
      w.queue.check_invariants();
    }
    while (const uint64_t next = w.pop()) leaves(next);
    BOOST_TEST(inside.empty());
    BOOST_TEST(w.queue.clients() == 0u);
  }
}

// Nine clients that always have jobs, of nine different kinds: each is served as many bytes as the others.
BOOST_AUTO_TEST_CASE(whatever_their_documents_busy_clients_get_the_same_number_of_bytes) {
  std::mt19937_64 chance{test::seed() + 1};
  waiting w;
  std::map<uint64_t, uint64_t> client_of, cost_of, served;
  uint64_t id = 0;
  const auto push = [&](uint64_t client) {
    const uint64_t bytes = chance() % ((kib << client) + 1);
    BOOST_REQUIRE((w.push(client, ++id, bytes) == push_verdict::queued));
    client_of[id] = client;
    cost_of[id] = bytes + 4 * kib;
  };
  for (uint64_t client = 0; client < 9; ++client)
    for (int i = 0; i < 20; ++i) push(client);
  for (int i = 0; i < 40'000; ++i) {
    const uint64_t next = w.queue.pop(i % 2 == 0 ? pop_order::oldest_first : pop_order::newest_first)->value;
    served[client_of[next]] += cost_of[next];
    push(client_of[next]);
  }
  // A quantum and the largest job of a client: what deficit round robin allows.
  for (const auto& [client, bytes] : served)
    BOOST_TEST(std::max(bytes, served[0]) - std::min(bytes, served[0]) <= 64 * kib + 2 * (260 * kib + 64 * kib));
}

BOOST_AUTO_TEST_SUITE_END()
