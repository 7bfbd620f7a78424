// The timer rings when a job has outlived its delay, and for nobody else.
#include <boost/test/unit_test.hpp>

#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/hedge_timer.hpp"
#include "test/unit/actors/virtual_time.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(hedge_timer_test)

namespace {

overdue_listener::behavior_type ear(overdue_listener::pointer, std::vector<uint64_t>* heard) {
  return {[heard](atom::overdue, job_id id) { heard->push_back(id.value); }};
}

struct timer_and_listener : test::virtual_time {
  std::vector<uint64_t> heard;
  overdue_listener listener = system.spawn(ear, &heard);
  hedge_timer_actor timer = spawn_hedge_timer(system);

  void arm(uint64_t id, duration delay) { caf::anon_send(timer, atom::arm_v, job_id{id}, delay, listener); }
  void disarm(uint64_t id) { caf::anon_send(timer, atom::disarm_v, job_id{id}); }
  std::vector<uint64_t> heard_now() {
    run();
    return std::exchange(heard, {});
  }

  ~timer_and_listener() {
    caf::anon_send_exit(timer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    pass(1h);
  }
};

using ids = std::vector<uint64_t>;

} // namespace

BOOST_FIXTURE_TEST_CASE(it_rings_once_at_its_delay_and_not_before, timer_and_listener) {
  arm(7, 10ms);
  pass(9'999'999ns);
  BOOST_TEST(heard_now() == ids{});
  pass(1ns);
  BOOST_TEST(heard_now() == ids{7});
  pass(1h);
  BOOST_TEST(heard_now() == ids{});
}

BOOST_FIXTURE_TEST_CASE(what_is_disarmed_never_rings, timer_and_listener) {
  arm(7, 10ms);
  arm(8, 10ms);
  pass(5ms);
  disarm(7);
  pass(1h);
  BOOST_TEST(heard_now() == ids{8});
}

BOOST_FIXTURE_TEST_CASE(each_rings_in_its_own_time, timer_and_listener) {
  arm(1, 30ms);
  arm(2, 10ms);
  arm(3, 20ms);
  pass(10ms);
  BOOST_TEST(heard_now() == ids{2});
  pass(10ms);
  BOOST_TEST(heard_now() == ids{3});
  arm(4, 10ms);
  pass(10ms);
  BOOST_TEST((heard_now() == ids{1, 4}));
}

BOOST_FIXTURE_TEST_CASE(disarming_what_has_rung_or_was_never_armed_is_nothing, timer_and_listener) {
  arm(7, 10ms);
  pass(10ms);
  disarm(7);
  disarm(8);
  pass(1h);
  BOOST_TEST(heard_now() == ids{7});
}

BOOST_FIXTURE_TEST_CASE(a_ring_on_its_way_when_the_job_is_disarmed_is_not_passed_on, timer_and_listener) {
  arm(7, 10ms);
  run();
  disarm(7);
  scheduler().advance_time(10ms); // both lie in the mailbox
  BOOST_TEST(heard_now() == ids{});
}

BOOST_FIXTURE_TEST_CASE(a_delay_of_nothing_rings_at_once, timer_and_listener) {
  arm(7, 0ms);
  pass(0ms);
  BOOST_TEST(heard_now() == ids{7});
}

BOOST_FIXTURE_TEST_CASE(many_are_kept_apart, timer_and_listener) {
  for (uint64_t id = 1; id <= 10'000; ++id) arm(id, 1ms + std::chrono::microseconds{id});
  for (uint64_t id = 1; id <= 10'000; id += 2) disarm(id);
  pass(1s);
  const ids rung = heard_now();
  BOOST_REQUIRE(rung.size() == 5000u);
  for (size_t i = 0; i < rung.size(); ++i) BOOST_REQUIRE(rung[i] == 2 * (i + 1));
}

BOOST_AUTO_TEST_SUITE_END()
