// What the broker does with jobs, lanes and rings.
#define BOOST_TEST_MODULE dispatcher
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "actors/state/dispatcher.hpp"
#include "test/unit/state/jobs.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::counted;
using test::make_job;

namespace {

constexpr lane_id one{1}, two{2}, three{3};

// Writes down every effect as a word.
struct diary : dispatch_effects {
  std::string text;
  uint32_t retry_after_ms = 0; ///< of the last overload
  job_id last;                 ///< for the test's use
  void add(const std::string& word) { text += (text.empty() ? "" : ", ") + word; }
  std::string read() { return std::exchange(text, {}); }

  void run(lane_id lane, const job_ptr& job, uint32_t) override {
    add("run " + std::to_string(job->id.value) + " at " + std::to_string(lane.value));
  }
  void answer(const closed_job& closed) override {
    if (closed.result.status == status::overload) retry_after_ms = closed.result.token_count;
    const char* origins[] = {"", " by primary", " by hedge"};
    add("answer " + std::to_string(closed.last.job->id.value) + " " + std::string{name_of(closed.result.status)}
        + origins[static_cast<size_t>(closed.result.origin)]);
  }
  void arm(job_id id, duration) override { add("arm " + std::to_string(id.value)); }
  void disarm(job_id id) override { add("disarm " + std::to_string(id.value)); }
  void drained(lane_id lane) override { add("drained " + std::to_string(lane.value)); }
  void stuck(lane_id lane) override { add("stuck " + std::to_string(lane.value)); }
};

struct desk {
  diary said;
  dispatcher broker{{.queue = {.count_max = 2, .count_per_client_max = 2},
                     .queue_control = {},
                     .hedge = hedge_options::fixed(10ms),
                     .lanes = {},
                     .watch = {},
                     .killers = {}},
                    said};
  void submit(uint64_t id) { broker.submit(make_job(id)); }
  ~desk() { broker.check_invariants(); }
};

struct two_lanes : desk {
  two_lanes() {
    broker.lane_joined(one);
    broker.lane_joined(two);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_job_runs_is_timed_and_is_answered, two_lanes) {
  submit(7);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "disarm 7, answer 7 ok by primary");
  broker.finished(one, {7}, counted(3));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_job_waits_for_a_lane_and_its_delay_runs_from_its_dispatch, desk) {
  submit(7);
  BOOST_TEST(said.read() == "");
  broker.lane_joined(one);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
}

BOOST_FIXTURE_TEST_CASE(a_lane_that_becomes_free_takes_the_job_that_waited_longest, two_lanes) {
  for (uint64_t id = 1; id <= 4; ++id) submit(id);
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 2, arm 3");
}

BOOST_FIXTURE_TEST_CASE(when_the_queue_is_full_the_next_job_is_refused, two_lanes) {
  for (uint64_t id = 1; id <= 4; ++id) submit(id);
  said.read();
  submit(5);
  BOOST_TEST(said.read() == "answer 5 overload");
}

BOOST_FIXTURE_TEST_CASE(an_overdue_job_gets_a_copy_on_the_idle_lane_and_the_copy_may_win, two_lanes) {
  submit(7);
  said.read();
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::send_copy));
  BOOST_TEST(said.read() == "run 7 at 2");
  broker.finished(two, {7}, counted(3));
  BOOST_TEST(said.read() == "answer 7 ok by hedge");
  BOOST_TEST(broker.hedges().won == 1u);
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_loser_occupies_its_lane_until_it_says_so, two_lanes) {
  submit(7);
  broker.overdue({7});
  broker.finished(two, {7}, counted(3));
  said.read();
  submit(8);
  submit(9);
  BOOST_TEST(said.read() == "run 8 at 2, arm 8");
  broker.finished(one, {7}, {.status = status::cancelled});
  BOOST_TEST(said.read() == "run 9 at 1, arm 9");
}

BOOST_FIXTURE_TEST_CASE(no_copy_is_sent_while_jobs_wait_or_lanes_are_busy, two_lanes) {
  submit(1);
  submit(2);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::no_idle_lane));
  submit(3);
  BOOST_TEST((broker.overdue({2}) == hedge_verdict::jobs_waiting));
}

BOOST_FIXTURE_TEST_CASE(a_late_job_for_which_there_was_no_lane_gets_its_copy_when_one_is_free, two_lanes) {
  submit(1);
  submit(2);
  submit(3);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::jobs_waiting));
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 3 at 2, arm 3"); // who waits goes first
  broker.finished(two, {3}, counted(1));
  BOOST_TEST(said.read() == "disarm 3, answer 3 ok by primary, run 1 at 2");
  broker.finished(two, {1}, counted(1));
  BOOST_TEST(said.read() == "answer 1 ok by hedge");
}

BOOST_FIXTURE_TEST_CASE(a_late_job_that_is_answered_meanwhile_gets_none, two_lanes) {
  submit(1);
  submit(2);
  BOOST_TEST((broker.overdue({1}) == hedge_verdict::no_idle_lane));
  broker.finished(one, {1}, counted(1));
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary");
}

BOOST_FIXTURE_TEST_CASE(a_ring_for_an_answered_job_is_nothing, two_lanes) {
  submit(7);
  broker.finished(one, {7}, counted(3));
  said.read();
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::already_answered));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_lost_lanes_job_goes_to_another_lane_once_and_then_ends_as_worker_lost, two_lanes) {
  submit(7);
  said.read();
  broker.lane_left(one);
  BOOST_TEST(said.read() == "run 7 at 2");
  BOOST_TEST((broker.overdue({7}) == hedge_verdict::killed_a_worker));
  broker.lane_left(two);
  BOOST_TEST(said.read() == "answer 7 worker-lost");
}

BOOST_FIXTURE_TEST_CASE(a_job_that_lost_its_lane_is_served_before_those_that_wait, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  broker.lane_left(one);
  said.read();
  broker.finished(two, {2}, counted(1));
  BOOST_TEST(said.read() == "disarm 2, answer 2 ok by primary, run 1 at 2");
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_job_is_answered_at_once_wherever_it_is, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  said.read();
  broker.cancel({3});
  BOOST_TEST(said.read() == "answer 3 cancelled");
  broker.cancel({1});
  BOOST_TEST(said.read() == "disarm 1, answer 1 cancelled");
  broker.cancel({1});
  broker.finished(one, {1}, counted(1));
  BOOST_TEST(said.read() == "");
}

BOOST_FIXTURE_TEST_CASE(a_cooling_lane_ends_what_it_has_and_is_given_nothing, two_lanes) {
  submit(1);
  said.read();
  broker.lane_cooling(one);
  submit(2);
  submit(3);
  BOOST_TEST(said.read() == "run 2 at 2, arm 2");
  broker.finished(one, {1}, counted(1));
  BOOST_TEST(said.read() == "disarm 1, answer 1 ok by primary, drained 1");
  broker.lane_left(one);
  broker.lane_joined(three);
  BOOST_TEST(said.read() == "run 3 at 3, arm 3");
}

BOOST_FIXTURE_TEST_CASE(an_idle_lane_that_cools_is_drained_at_once, two_lanes) {
  broker.lane_cooling(two);
  BOOST_TEST(said.read() == "drained 2");
}

BOOST_FIXTURE_TEST_CASE(when_nobody_will_come_jobs_without_a_lane_end_with_no_worker, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  broker.lane_left(one);
  said.read();
  broker.unstaffed();
  BOOST_TEST(said.read() == "");
  broker.lane_left(two); // with job 2 on it, its first loss
  BOOST_TEST(said.read() == "disarm 2, answer 2 no-worker, disarm 1, answer 1 no-worker, answer 3 no-worker");
  submit(4);
  BOOST_TEST(said.read() == "answer 4 no-worker");
}

BOOST_FIXTURE_TEST_CASE(after_close_all_jobs_end_with_shutting_down, two_lanes) {
  for (uint64_t id = 1; id <= 3; ++id) submit(id);
  said.read();
  broker.close();
  BOOST_TEST(said.read()
             == "disarm 1, answer 1 shutting-down, disarm 2, answer 2 shutting-down, answer 3 shutting-down");
  submit(4);
  BOOST_TEST(said.read() == "answer 4 shutting-down");
}

BOOST_FIXTURE_TEST_CASE(a_job_told_twice_is_answered_once, two_lanes) {
  submit(7);
  submit(7);
  BOOST_TEST(said.read() == "run 7 at 1, arm 7");
}

namespace {

// Jobs of documents, clients and deadlines, at instants of their own.
struct timed_desk {
  diary said;
  dispatcher broker;
  instant now{12h};

  explicit timed_desk(const dispatch_options& options, uint32_t lanes = 2) : broker(options, said) {
    for (uint32_t lane = 1; lane <= lanes; ++lane) broker.at(now).lane_joined({lane});
  }
  ~timed_desk() { broker.check_invariants(); }

  void submit(uint64_t id, std::string_view text = "a", duration timeout = duration::max()) {
    auto made = std::make_shared<job>();
    made->id = {id};
    made->document = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    made->client = id;
    if (timeout != duration::max()) made->deadline = now + timeout;
    broker.at(now).submit(made);
  }
  void submit_of_one_client(uint64_t id) {
    auto made = std::make_shared<job>();
    made->id = {id};
    made->client = 42;
    broker.at(now).submit(made);
  }
  void finish(uint32_t lane, uint64_t id, status how = status::ok) { broker.at(now).finished({lane}, {id}, {how}); }
  void tick_at(duration later) { broker.at(now += later).tick(); }
};

dispatch_options defaults() {
  dispatch_options options;
  options.queue_control.emplace();
  options.hedge = hedge_options::fixed(10ms);
  return options;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_job_that_waits_past_the_interval_is_refused_with_a_time_to_come_back) {
  timed_desk desk{defaults(), 1};
  desk.submit(1);
  desk.submit(2);
  desk.said.read();
  desk.tick_at(100ms);
  BOOST_TEST(desk.said.read() == "");
  desk.tick_at(1ms);
  BOOST_TEST(desk.said.read() == "answer 2 overload");
  BOOST_TEST(desk.said.retry_after_ms >= 10u);
  BOOST_TEST(desk.said.retry_after_ms <= 1000u);
}

BOOST_AUTO_TEST_CASE(in_overload_the_newest_is_served_first_and_long_waits_are_refused) {
  timed_desk desk{defaults(), 1};
  desk.submit(1);
  for (uint64_t id = 2; id <= 80; ++id) { // one comes each 2 ms, one is done each 4 ms
    desk.now += 2ms;
    desk.submit_of_one_client(id);
    if (id % 2 == 0 && desk.broker.lanes().in_flight() > 0) {
      desk.broker.lanes().each_attempt([&](lane_id, const lane_attempt& running) { desk.said.last = running.job; });
      desk.finish(1, desk.said.last.value);
    }
  }
  BOOST_TEST(desk.broker.overloaded());
  desk.said.read();
  desk.now += 1ms;
  desk.submit_of_one_client(100);
  desk.broker.lanes().each_attempt([&](lane_id, const lane_attempt& running) { desk.said.last = running.job; });
  desk.finish(1, desk.said.last.value);
  BOOST_TEST(desk.said.read().find("run 100 at 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_control_jobs_wait_as_long_as_it_takes) {
  auto options = defaults();
  options.queue_control.reset();
  timed_desk desk{options, 1};
  desk.submit(1);
  desk.submit(2);
  desk.said.read();
  desk.now += 900ms; // within the watchdog
  desk.finish(1, 1);
  BOOST_TEST(desk.said.read() == "disarm 1, answer 1 ok by primary, run 2 at 1, arm 2");
}

BOOST_AUTO_TEST_CASE(a_job_past_its_deadline_is_not_begun) {
  timed_desk desk{defaults(), 1};
  desk.submit(1);
  desk.submit(2, "a", 20ms);
  desk.submit(3, "a", 0ms);
  BOOST_TEST(desk.said.read() == "run 1 at 1, arm 1, answer 3 deadline-exceeded");
  desk.tick_at(21ms);
  BOOST_TEST(desk.said.read() == "answer 2 deadline-exceeded");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_withdrawn_leaves_its_job_to_its_twin) {
  timed_desk desk{defaults()};
  desk.submit(7);
  BOOST_TEST((desk.broker.at(desk.now += 10ms).overdue({7}) == hedge_verdict::send_copy));
  desk.said.read();
  desk.finish(1, 7, status::cancelled);
  BOOST_TEST(desk.said.read() == "");
  desk.finish(2, 7);
  BOOST_TEST(desk.said.read() == "answer 7 ok by hedge");
}

BOOST_AUTO_TEST_CASE(a_job_whose_attempts_were_all_withdrawn_or_lost_runs_again) {
  timed_desk desk{defaults()};
  desk.submit(7);
  BOOST_TEST((desk.broker.at(desk.now += 10ms).overdue({7}) == hedge_verdict::send_copy));
  desk.said.read();
  desk.broker.at(desk.now).lane_left({2});
  desk.finish(1, 7, status::cancelled);
  BOOST_TEST(desk.said.read() == "run 7 at 1");
  desk.finish(1, 7);
  BOOST_TEST(desk.said.read() == "answer 7 ok by primary");
}

BOOST_AUTO_TEST_CASE(a_document_two_workers_died_of_is_refused_for_a_while) {
  timed_desk desk{defaults(), 4};
  desk.submit(1, "deadly");
  desk.broker.at(desk.now).lane_left({1});
  desk.broker.at(desk.now).lane_left({2});
  BOOST_TEST(desk.said.read() == "run 1 at 1, arm 1, run 1 at 2, disarm 1, answer 1 worker-lost");
  desk.submit(2, "deadly");
  BOOST_TEST(desk.said.read() == "answer 2 condemned-document");
  desk.submit(3, "gentle");
  BOOST_TEST(desk.said.read() == "run 3 at 3, arm 3");
  desk.finish(3, 3);
  desk.said.read();
  desk.now += 10min;
  desk.submit(4, "deadly");
  BOOST_TEST(desk.said.read() == "run 4 at 3, arm 4");
}

BOOST_AUTO_TEST_CASE(a_document_is_not_to_blame_for_workers_that_are_killed_from_outside_now_and_then) {
  timed_desk desk{defaults(), 1};
  for (uint32_t round = 1; round <= 50; ++round) {
    desk.submit(round, "harmless");
    desk.broker.at(desk.now += 200ms).lane_left({round});
    desk.broker.at(desk.now).lane_joined({round + 1});
    desk.finish(round + 1, round);
  }
  desk.said.read();
  desk.submit(100, "harmless");
  BOOST_TEST(desk.said.read() == "run 100 at 51, arm 100");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_outlives_its_watchdog_is_told_once) {
  timed_desk desk{defaults()};
  desk.submit(7);
  desk.said.read();
  desk.tick_at(1s - 1ns);
  BOOST_TEST(desk.said.read() == "");
  desk.tick_at(1ns);
  BOOST_TEST(desk.said.read() == "stuck 1");
  desk.tick_at(1s);
  BOOST_TEST(desk.said.read() == "");
}

BOOST_AUTO_TEST_CASE(a_lane_that_hangs_in_an_attempt_gets_nothing_more_until_it_is_probed) {
  timed_desk desk{defaults()};
  for (uint64_t id = 1; id <= 200; ++id) { // both lanes are known to be quick
    desk.submit(2 * id);
    desk.submit(2 * id + 1);
    desk.now += 100us;
    desk.finish(1, 2 * id);
    desk.finish(2, 2 * id + 1);
  }
  desk.submit(1000);
  desk.tick_at(60ms);
  BOOST_TEST(desk.broker.ejections() == 1u);
  desk.finish(1, 1000);
  desk.said.read();
  desk.submit(1001);
  BOOST_TEST(desk.said.read() == "run 1001 at 2, arm 1001");
}

BOOST_AUTO_TEST_CASE(a_client_that_floods_does_not_make_the_others_wait_for_all_it_sent) {
  auto options = defaults();
  options.queue_control.reset();
  timed_desk desk{options, 1};
  desk.submit(1);
  for (uint64_t id = 100; id < 200; ++id) desk.submit_of_one_client(id);
  desk.submit(2);
  desk.said.read();
  uint64_t served = 0;
  for (uint64_t running = 1; running != 2; ++served) {
    desk.finish(1, running);
    desk.broker.lanes().each_attempt([&](lane_id, const lane_attempt& each) { running = each.job.value; });
    BOOST_REQUIRE(served < 100);
  }
  BOOST_TEST(served <= 20u);
}
