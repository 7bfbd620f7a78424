// When a queue is a burst, and when it is an overload.
#include <boost/test/unit_test.hpp>

#include "actors/state/queue_control.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(queue_control_test)

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

BOOST_FIXTURE_TEST_CASE(a_queue_that_is_kept_short_does_not_end_an_overload, watched_queue) {
  overload();
  for (int i = 0; i < 100; ++i) {
    waits(1ms, 50ms);
    empty(); // by chance
  }
  BOOST_TEST(control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_queue_found_empty_in_an_eighth_of_the_looks_for_an_interval_ends_it, watched_queue) {
  overload();
  for (int i = 0; i < 18; ++i) {
    if (i < 16) BOOST_TEST(control.overloaded());
    waits(1ms, 6ms);
    empty();
  }
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(an_interval_in_which_nobody_comes_ends_it, watched_queue) {
  overload();
  time += 200ms;
  control.observe(0ms, false, time);
  BOOST_TEST(!control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(a_new_overload_is_found_after_an_interval_again, watched_queue) {
  overload();
  time += 200ms;
  waits(60ms, 101ms);
  BOOST_TEST(!control.overloaded());
  waits(60ms, 1ms);
  BOOST_TEST(control.overloaded());
}

BOOST_FIXTURE_TEST_CASE(in_overload_the_newest_is_first_only_if_the_oldest_waits_long_all_the_same, watched_queue) {
  BOOST_TEST(!control.newest_first(50ms));
  overload();
  BOOST_TEST(!control.newest_first(3ms));
  BOOST_TEST(control.newest_first(4ms));
}

BOOST_FIXTURE_TEST_CASE(where_jobs_must_wait_long_anyway_long_waits_are_no_overload, watched_queue) {
  control.expect(40ms); // twice that is the target, and four times the target the interval
  waits(79ms, 2s);
  BOOST_TEST(!control.overloaded());
  BOOST_TEST((control.wait_max() == duration{320ms}));
  waits(81ms, 319ms);
  BOOST_TEST(!control.overloaded());
  waits(81ms, 2ms);
  BOOST_TEST(control.overloaded());
  BOOST_TEST((control.wait_max() == duration{80ms}));
  control.expect(1ms);
  BOOST_TEST((control.wait_max() == duration{5ms}));
}

BOOST_FIXTURE_TEST_CASE(there_is_room_for_what_drains_in_a_quarter_of_the_target, watched_queue) {
  BOOST_TEST((control.room(time) == 0ms));
  for (int ms = 0; ms < 1000; ++ms, time += 1ms) control.served(800us, time);
  BOOST_TEST((control.room(time) >= 990us));
  BOOST_TEST((control.room(time) <= 1010us));
  BOOST_TEST((control.room(time + 500ms) == 0ms));
}

namespace {

/// So many served and refused in each millisecond, for a second.
duration retry_after(int served, int refused) {
  queue_control control;
  instant time = noon + 1h;
  for (int ms = 0; ms < 1000; ++ms, time += 1ms) {
    for (int i = 0; i < served; ++i) control.served(1us, time);
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

BOOST_AUTO_TEST_SUITE_END()
