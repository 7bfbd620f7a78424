// When a queue is a burst, and when it is an overload.
#define BOOST_TEST_MODULE queue_control
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include "actors/state/queue_control.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

constexpr instant noon{};

struct watched_queue {
  queue_control control;
  instant time = noon;

  /// The oldest waits so long, looked at every millisecond.
  void waits(duration wait, duration how_long) {
    for (const instant end = time + how_long; time < end; time += 1ms) control.observe(wait, false, time);
  }
  void empty() { control.observe(0ms, true, time); }
  void overload() { waits(50ms, 101ms); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_queue_that_stands_above_the_target_for_an_interval_is_an_overload, watched_queue) {
  waits(6ms, 100ms);
  BOOST_TEST(!control.overloaded());
  waits(6ms, 1ms);
  BOOST_TEST(control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_burst_that_drains_below_the_target_is_none, watched_queue) {
  for (int i = 0; i < 10; ++i) {
    waits(60ms, 90ms);
    waits(4ms, 1ms);
  }
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_queue_that_was_empty_once_in_an_interval_is_none, watched_queue) {
  for (int i = 0; i < 10; ++i) {
    waits(60ms, 90ms);
    empty();
  }
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_long_queue_of_short_waits_is_none, watched_queue) {
  waits(4999us, 10s);
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_job_may_wait_the_interval_and_in_overload_the_target, watched_queue) {
  BOOST_TEST((control.wait_max() == duration{100ms}));
  overload();
  BOOST_TEST((control.wait_max() == duration{5ms}));
}

BOOST_FIXTURE_TEST_CASE(an_empty_queue_ends_an_overload_at_once, watched_queue) {
  overload();
  empty();
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(refusing_the_late_keeps_the_oldest_near_the_target_and_does_not_end_an_overload,
                        watched_queue) {
  overload();
  for (int i = 0; i < 100; ++i) {
    waits(2ms, 50ms);
    waits(5ms, 1ms); // is refused
  }
  BOOST_TEST(control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(an_interval_in_which_nobody_waits_too_long_ends_an_overload, watched_queue) {
  overload();
  waits(4ms, 100ms);
  BOOST_TEST(control.overloaded());
  waits(4ms, 1ms);
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(an_overload_whose_queue_is_empty_by_chance_is_found_again_in_a_tenth_of_the_time,
                        watched_queue) {
  overload();
  empty();
  waits(60ms, 10ms);
  BOOST_TEST(!control.overloaded());
  waits(60ms, 1ms);
  BOOST_TEST(control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(that_haste_ends_16_intervals_after_a_queue_last_stood_for_a_whole_one, watched_queue) {
  overload();
  for (int i = 0; i < 100; ++i) { // bursts that would not be an overload by themselves
    empty();
    waits(20ms, 20ms);
  }
  BOOST_TEST(!control.overloaded());
  empty();
  waits(60ms, 100ms);
  BOOST_TEST(!control.overloaded());
}

namespace {

/// So many served and refused in each millisecond, for a second.
duration retry_after(int served, int refused) {
  queue_control control;
  instant time = noon + 1h;
  for (int ms = 0; ms < 1000; ++ms, time += 1ms) {
    for (int i = 0; i < served; ++i) control.served(time);
    for (int i = 0; i < refused; ++i) control.refused(time);
  }
  return control.retry_after(time);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_refused_client_comes_back_when_the_present_drain_has_taken_all_that_were_refused) {
  BOOST_TEST((retry_after(10, 10) == duration{100ms}));
  BOOST_TEST((retry_after(10, 5) == duration{50ms}));
  BOOST_TEST((retry_after(10, 30) == duration{300ms}));
}

BOOST_AUTO_TEST_CASE(it_comes_back_within_ten_milliseconds_to_a_second) {
  BOOST_TEST((retry_after(100, 1) == duration{10ms}));
  BOOST_TEST((retry_after(1, 100) == duration{1s}));
  BOOST_TEST((retry_after(0, 1) == duration{1s}));
  BOOST_TEST((retry_after(10, 0) == duration{10ms}));
}

BOOST_AUTO_TEST_CASE(what_was_refused_long_ago_delays_nobody) {
  queue_control control;
  for (int i = 0; i < 1000; ++i) control.refused(noon);
  BOOST_TEST((control.retry_after(noon + 50ms) == duration{1s}));
  BOOST_TEST((control.retry_after(noon + 250ms) == duration{10ms}));
}

// One server, a millisecond a job, and half as many jobs again as it can serve: for ten seconds. First come, first
// served, all would wait the whole 100 ms they may.
BOOST_AUTO_TEST_CASE(in_a_lasting_overload_most_of_those_served_wait_little_and_the_server_hardly_idles) {
  std::mt19937_64 chance{test::seed()};
  std::exponential_distribution<double> gap_us{1.5 / 1000};
  queue_control control;
  std::deque<instant> queue; // arrivals, oldest first
  std::vector<duration> waits;
  instant arrival = noon;
  for (instant time = noon; time < noon + 10s; time += 1ms) {
    for (; arrival <= time; arrival += std::chrono::microseconds{static_cast<int64_t>(gap_us(chance))})
      queue.push_back(arrival);
    control.observe(queue.empty() ? 0ms : time - queue.front(), queue.empty(), time);
    for (; !queue.empty() && time - queue.front() > control.wait_max(); queue.pop_front()) control.refused(time);
    if (queue.empty()) continue;
    const instant next = control.overloaded() ? queue.back() : queue.front();
    control.overloaded() ? queue.pop_back() : queue.pop_front();
    control.served(time);
    waits.push_back(time - next);
  }
  BOOST_TEST(waits.size() > 9000u); // of 10'000
  std::sort(waits.begin(), waits.end());
  BOOST_TEST((waits[waits.size() / 2] < 5ms));
  BOOST_TEST((waits[waits.size() * 9 / 10] < 20ms));
  BOOST_TEST((waits.back() <= 100ms));
}
