// Which jobs go to workers of other nodes, to which of them, and what happens when these will not have them.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "actors/state/dispatcher.hpp"
#include "actors/state/lending.hpp"
#include "test/unit/state/dispatch_diary.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;
using test::diary;

BOOST_AUTO_TEST_SUITE(lending_test)

namespace {

constexpr lane_id here{1}, other{2}, peer{101}, second_peer{102};
constexpr size_t large = 100'000;
constexpr outcome overload{.status = status::overload};

job_ptr job_of(uint64_t id, size_t bytes = large, bool borrowed = false) {
  auto made = std::make_shared<job>();
  made->id = {id};
  made->client = id;
  made->memory = std::make_shared<document_buffer>(bytes);
  std::fill_n(made->memory->data(), bytes, uint8_t{'x'});
  made->document = {made->memory->data(), bytes};
  made->borrowed = borrowed;
  return made;
}

struct node {
  diary said;
  dispatcher broker{{.queue = {}, .queue_control = {}, .hedge = hedge_options::fixed(10ms), .lanes = {}, .watch = {}},
                    said};
  instant now{};

  explicit node(std::vector<lane_id> lanes = {here}) {
    for (const lane_id lane : lanes) broker.at(now).lane_joined(lane);
  }
  ~node() { broker.check_invariants(); }

  void peer_joins(lane_id lane = peer, uint32_t capacity = 2, uint64_t bytes_max = 8 << 20) {
    broker.at(now).lane_joined(lane, {.capacity = capacity, .document_bytes_max = bytes_max, .remote = true});
  }
  void submit(const job_ptr& job) { broker.at(now).submit(job); }
  void finish(lane_id lane, uint64_t id, const outcome& how = counted(1)) { broker.at(now).finished(lane, {id}, how); }
  void pass(duration time) {
    now += time;
    broker.at(now).tick();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_peer_has_a_job_only_once_no_lane_here_has_room) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  BOOST_TEST(n.said.read() == "run 1 at 1, arm 1");
  n.submit(job_of(2));
  BOOST_TEST(n.said.read() == "run 2 at 101, arm 2");
  n.finish(peer, 2, counted(7));
  BOOST_TEST(n.said.read() == "disarm 2, answer 2 ok by primary");
}

BOOST_AUTO_TEST_CASE(a_peer_has_no_more_than_it_takes_and_the_next_job_waits_for_whoever_is_free_first) {
  node n;
  n.peer_joins(peer, 1);
  for (uint64_t id = 1; id <= 3; ++id) n.submit(job_of(id));
  BOOST_TEST(n.said.read() == "run 1 at 1, arm 1, run 2 at 101, arm 2");
  n.finish(peer, 2);
  BOOST_TEST(n.said.read() == "disarm 2, answer 2 ok by primary, run 3 at 101, arm 3");
}

BOOST_AUTO_TEST_CASE(a_short_document_stays_and_is_the_next_one_here) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  n.submit(job_of(2, 1000));
  n.said.read();
  n.finish(here, 1);
  BOOST_TEST(n.said.read() == "disarm 1, answer 1 ok by primary, run 2 at 1, arm 2");
}

BOOST_AUTO_TEST_CASE(a_document_longer_than_a_peer_takes_stays) {
  node n;
  n.peer_joins(peer, 2, large - 1);
  n.submit(job_of(1));
  n.submit(job_of(2));
  BOOST_TEST(n.said.read() == "run 1 at 1, arm 1");
}

BOOST_AUTO_TEST_CASE(what_was_borrowed_is_not_lent_on) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  n.submit(job_of(2, large, true));
  BOOST_TEST(n.said.read() == "run 1 at 1, arm 1");
}

BOOST_AUTO_TEST_CASE(what_a_peer_hands_back_runs_again_and_after_twice_stays_here) {
  for (const status how : {status::overload, status::no_worker, status::shutting_down, status::internal_error}) {
    node n;
    n.peer_joins();
    n.submit(job_of(1));
    n.submit(job_of(2));
    n.said.read();
    n.finish(peer, 2, {.status = how});
    BOOST_TEST(n.said.read() == "run 2 at 101");
    n.finish(peer, 2, {.status = how});
    BOOST_TEST(n.said.read() == "");
    n.finish(here, 1);
    BOOST_TEST(n.said.read() == "disarm 1, answer 1 ok by primary, run 2 at 1");
    n.finish(here, 2);
    BOOST_TEST(n.said.read() == "disarm 2, answer 2 ok by primary");
  }
}

BOOST_AUTO_TEST_CASE(what_a_peer_says_of_the_document_is_the_answer) {
  for (const status how : {status::ok, status::deadline_exceeded, status::condemned_document}) {
    node n;
    n.peer_joins();
    n.submit(job_of(1));
    n.submit(job_of(2));
    n.said.read();
    n.finish(peer, 2, {.status = how});
    BOOST_TEST(n.said.read() == "disarm 2, answer 2 " + std::string{name_of(how)} + " by primary");
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_costs_its_jobs_nothing_but_time) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  n.submit(job_of(2));
  n.said.read();
  n.broker.lane_left(peer, death::failure);
  BOOST_TEST(n.said.read() == "");
  n.finish(here, 1);
  n.finish(here, 2);
  BOOST_TEST(n.said.read() == "disarm 1, answer 1 ok by primary, run 2 at 1, disarm 2, answer 2 ok by primary");
}

BOOST_AUTO_TEST_CASE(lengthy_documents_at_peers_keep_no_lane_here_from_others) {
  node n{{here, other}};
  for (uint64_t id = 1; id <= 20; ++id) { // so that it is known how long they take
    n.submit(job_of(id));
    n.pass(20ms);
    n.finish(here, id);
  }
  n.peer_joins();
  n.submit(job_of(30, 1000)); // for the likes of which a lane is kept
  n.finish(here, 30);
  n.said.read();
  for (uint64_t id = 31; id <= 33; ++id) n.submit(job_of(id));
  BOOST_TEST(n.said.read() == "run 31 at 1, arm 31, run 32 at 101, arm 32, run 33 at 101, arm 33");
  n.finish(here, 31);
  n.said.read();
  n.submit(job_of(34));
  BOOST_TEST(n.said.read() == "run 34 at 1, arm 34");
}

BOOST_AUTO_TEST_CASE(a_late_job_is_copied_to_a_peer_while_all_lanes_here_are_busy) {
  node n;
  n.submit(job_of(1));
  n.peer_joins();
  n.said.read();
  n.now += 10ms;
  BOOST_TEST((n.broker.at(n.now).overdue({1}) == hedge_verdict::send_copy));
  BOOST_TEST(n.said.read() == "run 1 at 101");
  n.finish(peer, 1);
  BOOST_TEST(n.said.read() == "answer 1 ok by hedge");
}

BOOST_AUTO_TEST_CASE(a_copy_of_what_a_peer_has_goes_to_a_lane_here_first_and_never_to_the_same_peer) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  n.submit(job_of(2));
  n.said.read();
  n.now += 10ms;
  BOOST_TEST((n.broker.at(n.now).overdue({2}) == hedge_verdict::no_idle_lane));
  n.finish(here, 1);
  BOOST_TEST(n.said.read() == "disarm 1, answer 1 ok by primary, run 2 at 1");
}

BOOST_AUTO_TEST_CASE(what_a_suspected_peer_has_is_copied_at_once) {
  node n{{here, other}};
  n.peer_joins();
  for (uint64_t id = 1; id <= 3; ++id) n.submit(job_of(id));
  n.finish(here, 1);
  n.said.read();
  n.broker.at(n.now).lane_takes(peer, 0);
  n.broker.at(n.now).lane_suspected(peer);
  BOOST_TEST(n.said.read() == "run 3 at 1");
  n.finish(other, 2);
  n.submit(job_of(4));
  n.submit(job_of(5));
  BOOST_TEST(n.said.read() == "disarm 2, answer 2 ok by primary, run 4 at 2, arm 4"); // nothing new for it
}

BOOST_AUTO_TEST_CASE(an_attempt_at_a_peer_that_is_heard_may_take_its_time_and_hangs_after_half_a_minute) {
  node n;
  n.peer_joins();
  n.submit(job_of(1));
  n.submit(job_of(2));
  n.finish(here, 1);
  n.said.read();
  for (int i = 0; i < 29; ++i) n.pass(1s);
  BOOST_TEST(n.said.read() == "");
  for (int i = 0; i < 3; ++i) n.pass(1s);
  BOOST_TEST(n.said.read() == "stuck 101");
}

BOOST_AUTO_TEST_CASE(while_nobody_is_here_short_documents_go_to_peers_too_and_what_they_cannot_take_ends) {
  node n{{}};
  n.peer_joins();
  n.broker.unstaffed();
  n.submit(job_of(1, 10));
  BOOST_TEST(n.said.read() == "run 1 at 101, arm 1");
  n.submit(job_of(2, 9 << 20));
  BOOST_TEST(n.said.read() == "answer 2 no-worker");
  n.submit(job_of(3, 10, true));
  BOOST_TEST(n.said.read() == "answer 3 no-worker");
}

BOOST_AUTO_TEST_CASE(while_workers_are_only_being_replaced_what_no_peer_may_have_waits) {
  node n{{}};
  n.peer_joins();
  n.submit(job_of(1, 9 << 20));
  BOOST_TEST(n.said.read() == "");
  n.broker.lane_joined(here);
  BOOST_TEST(n.said.read() == "run 1 at 1, arm 1");
}

BOOST_AUTO_TEST_CASE(when_the_last_peer_leaves_a_house_without_workers_what_waits_ends) {
  node n{{}};
  n.peer_joins(peer, 1);
  n.broker.unstaffed();
  n.submit(job_of(1));
  n.submit(job_of(2));
  n.said.read();
  n.broker.lane_left(peer, death::failure);
  BOOST_TEST(n.said.read() == "disarm 1, answer 1 no-worker, answer 2 no-worker");
}

// One job runs here, and the next one is sent away for as long as that is done, to peers that refuse it.
uint64_t attempts_in_vain(uint64_t jobs, const outcome& how_here) {
  node n;
  n.peer_joins();
  n.peer_joins(second_peer);
  uint64_t in_vain = 0;
  n.submit(job_of(1));
  for (uint64_t id = 2; id < jobs + 2; ++id) {
    n.submit(job_of(id));
    for (bool lent = true; lent;) {
      lent = false;
      for (const lane_id lane : {peer, second_peer})
        if (n.broker.lanes().runs(lane, {id})) {
          n.finish(lane, id, overload);
          lent = true;
          ++in_vain;
        }
    }
    n.pass(5ms);
    n.said.read();
    n.finish(here, id - 1, how_here);
    BOOST_REQUIRE(n.said.read().find("answer " + std::to_string(id - 1) + " ") != std::string::npos);
  }
  return in_vain;
}

// Each attempt in vain is one more than the load. Beyond what is saved up at first it is a tenth of the successes.
BOOST_AUTO_TEST_CASE(peers_that_refuse_everything_cost_a_tenth_of_the_load_at_most) {
  const uint64_t in_vain = attempts_in_vain(3000, counted(1));
  BOOST_TEST(in_vain > 10u);
  BOOST_TEST(in_vain <= 10 + 3000 / 10);
}

BOOST_AUTO_TEST_CASE(jobs_that_are_not_answered_ok_pay_for_no_attempts_in_vain) {
  BOOST_TEST(attempts_in_vain(1000, {.status = status::deadline_exceeded}) == 10u);
}

BOOST_AUTO_TEST_CASE(attempts_that_were_on_their_way_when_nothing_was_left_are_paid_for_too) {
  lending who{{.burst = 1}, {}};
  who.join(peer);
  for (int i = 0; i < 5; ++i) who.ended(peer, large, status::overload, 1ms, instant{});
  for (int i = 0; i < 49; ++i) who.succeeded();
  BOOST_TEST(who.exhausted()); // four are owed, and one more is not earned yet
  who.succeeded();
  BOOST_TEST(!who.exhausted());
}

BOOST_AUTO_TEST_CASE(of_two_peers_the_one_with_less_to_do_for_its_quickness_has_the_job) {
  lending who{{}, {}};
  who.join(peer);
  who.join(second_peer);
  const std::vector<lane_load> loads{{peer, 1}, {second_peer, 0}};
  for (uint64_t random = 0; random < 4; ++random)
    BOOST_TEST((who.choose(loads, random << 62, instant{}) == second_peer));
  for (int i = 0; i < 100; ++i) {
    who.ended(peer, large, status::ok, 4ms, instant{});
    who.ended(second_peer, large, status::ok, 11ms, instant{});
  }
  BOOST_TEST((who.choose(loads, 0, instant{}) == peer)); // two at a third of the time are done before one
  who.check_invariants();
}

// Where sending costs as much as tokenizing nothing is gained by it, but for whoever waits for a late worker.
BOOST_AUTO_TEST_CASE(a_document_that_takes_longer_to_send_than_to_tokenize_stays_unless_it_is_late_or_nobody_is_here) {
  const lending who{{.send_time_per_mib = 1ms}, {}};
  open_job job{.job = job_of(1, 512 << 10)};
  job.expected = 400us;
  BOOST_TEST(!who.may_go(job, true, false));
  BOOST_TEST(who.may_go(job, true, true));
  BOOST_TEST(who.may_go(job, false, false));
  job.expected = 500us;
  BOOST_TEST(who.may_go(job, true, false));
}

BOOST_AUTO_TEST_CASE(a_peer_of_the_same_zone_comes_before_others_while_it_has_room) {
  lending who{{}, {}};
  who.join(peer);
  who.join(second_peer);
  const std::vector<lane_load> both{{peer, 5, true}, {second_peer, 0, false}};
  BOOST_TEST((who.choose(both, 0, instant{}) == peer));
  BOOST_TEST((who.choose(std::span{both}.subspan(1), 0, instant{}) == second_peer));
}

BOOST_AUTO_TEST_CASE(a_peer_that_refuses_five_times_in_a_row_is_left_out_and_tried_again_after_a_second) {
  lending who{{.burst = 1000}, {}};
  who.join(peer);
  who.join(second_peer);
  const std::vector<lane_load> loads{{peer, 0}, {second_peer, 5}};
  instant now{};
  for (int i = 0; i < 4; ++i) who.ended(peer, large, status::overload, 1ms, now);
  who.ended(peer, large, status::ok, 1ms, now);
  for (int i = 0; i < 4; ++i) who.ended(peer, large, status::overload, 1ms, now);
  BOOST_TEST(!who.ejected(peer));
  who.ended(peer, large, status::overload, 1ms, now);
  BOOST_TEST(who.ejected(peer));
  BOOST_TEST((who.choose(loads, 0, now) == second_peer));
  now += 1s;
  BOOST_TEST((who.choose(loads, 0, now) == peer)); // a probe
  who.started(peer);
  BOOST_TEST((who.choose(loads, 0, now) == second_peer)); // one at a time
  who.ended(peer, large, status::overload, 1ms, now);
  BOOST_TEST((who.choose(loads, 0, now + 1s) == second_peer)); // for twice as long
  BOOST_TEST((who.choose(loads, 0, now + 2s) == peer));
  who.check_invariants();
}

// Envoy left its pools of one and two without anybody: the share is computed with the one to be left out.
BOOST_AUTO_TEST_CASE(the_last_peer_is_never_left_out_and_of_two_or_three_only_one) {
  for (uint32_t count = 1; count <= 3; ++count) {
    lending who{{.burst = 1000}, {}};
    std::vector<lane_load> loads;
    for (uint32_t i = 1; i <= count; ++i) {
      who.join({i});
      loads.push_back({{i}, 0});
    }
    for (int round = 0; round < 10; ++round)
      for (const lane_load& each : loads) who.ended(each.lane, large, status::overload, 1ms, instant{});
    uint32_t out = 0;
    for (const lane_load& each : loads) out += who.ejected(each.lane);
    BOOST_TEST(out == count / 2);
    BOOST_TEST(who.choose(loads, 0, instant{}).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
