// What the broker does for the tail: waits that grow too long, lanes that hang, documents that kill, clients that
// flood.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "test/unit/state/dispatch_diary.hpp"

using namespace texlex;
using namespace std::chrono_literals;
using test::diary;

BOOST_AUTO_TEST_SUITE(dispatcher_tail_test)

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
  desk.finish(1, 1); // what documents take is known from then on
  for (uint64_t id = 2; id <= 3; ++id) desk.submit_of_one_client(id);
  desk.said.read();
  desk.tick_at(100ms);
  BOOST_TEST(desk.said.read() == "");
  desk.tick_at(1ms);
  BOOST_TEST(desk.said.read() == "answer 3 overload");
  BOOST_TEST(desk.said.retry_after_ms >= 10u);
  BOOST_TEST(desk.said.retry_after_ms <= 1000u);
}

BOOST_AUTO_TEST_CASE(in_overload_who_has_its_share_waiting_is_refused_at_once_and_others_are_not) {
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
  desk.submit_of_one_client(100); // nobody else waits: the others have waited too long
  BOOST_TEST(desk.said.read() == "");
  desk.submit_of_one_client(101);
  BOOST_TEST(desk.said.read() == "answer 101 overload");
  desk.submit(102);
  BOOST_TEST(desk.said.read() == "");
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
  desk.broker.at(desk.now).lane_left({2}, death::crash);
  desk.finish(1, 7, status::cancelled);
  BOOST_TEST(desk.said.read() == "run 7 at 1");
  desk.finish(1, 7);
  BOOST_TEST(desk.said.read() == "answer 7 ok by primary");
}

BOOST_AUTO_TEST_CASE(a_document_two_workers_crashed_on_is_refused_for_a_while) {
  timed_desk desk{defaults(), 4};
  desk.submit(1, "deadly");
  desk.broker.at(desk.now).lane_left({1}, death::crash);
  desk.broker.at(desk.now).lane_left({2}, death::crash);
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
    desk.broker.at(desk.now += 200ms).lane_left({round}, death::outside);
    desk.broker.at(desk.now).lane_joined({round + 1});
    desk.finish(round + 1, round);
  }
  desk.said.read();
  desk.submit(100, "harmless");
  BOOST_TEST(desk.said.read() == "run 100 at 51, arm 100");
}

BOOST_AUTO_TEST_CASE(a_document_whose_workers_are_all_killed_from_outside_runs_again_and_is_not_condemned) {
  timed_desk desk{defaults(), 4};
  desk.submit(1, "innocent");
  for (uint32_t lane = 1; lane <= 3; ++lane) desk.broker.at(desk.now).lane_left({lane}, death::outside);
  BOOST_TEST(desk.said.read() == "run 1 at 1, arm 1, run 1 at 2, run 1 at 3, run 1 at 4");
  desk.finish(4, 1);
  desk.said.read();
  desk.submit(2, "innocent");
  BOOST_TEST(desk.said.read() == "run 2 at 4, arm 2");
}

BOOST_AUTO_TEST_CASE(a_document_whose_every_worker_is_killed_is_lost_at_last_and_not_condemned) {
  timed_desk desk{defaults(), 1};
  desk.submit(1, "innocent");
  for (uint32_t lane = 1; lane <= 10; ++lane) {
    desk.broker.at(desk.now).lane_left({lane}, death::outside);
    desk.broker.at(desk.now).lane_joined({lane + 1});
  }
  const std::string said = desk.said.read();
  BOOST_TEST(said.ends_with("run 1 at 10, disarm 1, answer 1 worker-lost"), said);
  desk.submit(2, "innocent");
  BOOST_TEST(desk.said.read() == "run 2 at 11, arm 2");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_outlives_its_watchdog_is_told_once) {
  timed_desk desk{defaults()};
  desk.submit(7);
  desk.said.read();
  desk.tick_at(1s - 1ns);
  BOOST_TEST(desk.said.read() == "");
  desk.tick_at(20ms);
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
  desk.tick_at(30ms); // one look alone may have come late
  desk.tick_at(30ms);
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

BOOST_AUTO_TEST_SUITE_END()
