// Whether to look on before one sleeps: where most waits of late were short, and nowhere else.
#include <boost/test/unit_test.hpp>

#include "runtime/short_waits.hpp"

using namespace texlex;
using namespace std::chrono_literals;

namespace {

/// Between trials: only what is known of the latest waits counts.
struct untried {
  short_waits waits;
  instant at = instant{} + 1s;
  explicit untried(duration length_max, duration waking = 10us) : waits(length_max) {
    for (int i = 0; i < 100; ++i) waits.woken_late(waking);
    (void)waits.worth(at);
    waits.ended(1ms, true); // the trial has found nothing
    for (int i = 0; i < 2; ++i) waits.ended(1us, true);
  }
  duration worth() { return waits.worth(at); }
};

bool about(duration value, duration expected) { return value >= expected - 1us && value <= expected + 1us; }

} // namespace

BOOST_AUTO_TEST_SUITE(short_waits_test)

BOOST_AUTO_TEST_CASE(nobody_looks_on_before_a_short_wait_was_seen) {
  untried one{100us};
  BOOST_TEST((one.worth() == 0us));
  one.waits.ended(5us, true);
  BOOST_TEST((one.worth() > 0us));
}

BOOST_AUTO_TEST_CASE(who_looks_on_does_so_for_as_long_as_a_sleep_costs_but_never_longer_than_allowed) {
  untried cheap{100us, 10us};
  cheap.waits.ended(1us, true);
  BOOST_TEST(about(cheap.worth(), 10us));
  untried dear{100us, 80us};
  dear.waits.ended(1us, true);
  BOOST_TEST(about(dear.worth(), 80us));
  untried dearest{100us, 5ms};
  dearest.waits.ended(1us, true);
  BOOST_TEST((dearest.worth() == 100us));
}

BOOST_AUTO_TEST_CASE(who_slept_may_have_been_woken_late) {
  untried one{100us, 20us};
  one.waits.ended(35us, true);
  BOOST_TEST((one.worth() > 0us));
  untried other{100us, 20us};
  other.waits.ended(35us, false);
  BOOST_TEST((other.worth() == 0us));
}

BOOST_AUTO_TEST_CASE(long_waits_soon_end_it_and_short_ones_bring_it_back_slowly) {
  untried one{100us};
  for (int i = 0; i < 1000; ++i) one.waits.ended(1us, false);
  for (int i = 0; i < 4; ++i) one.waits.ended(1ms, true);
  BOOST_TEST((one.worth() == 0us));
  for (int i = 0; i < 1000; ++i) one.waits.ended(1ms, true);
  for (int i = 0; i < 8; ++i) one.waits.ended(1us, true);
  BOOST_TEST((one.worth() == 0us));
  one.waits.ended(1us, true);
  BOOST_TEST((one.worth() > 0us));
}

BOOST_AUTO_TEST_CASE(half_of_them_long_is_too_many) {
  untried one{100us};
  for (int i = 0; i < 100; ++i) one.waits.ended(i % 2 == 0 ? 1us : 1ms, true);
  BOOST_TEST((one.worth() == 0us));
}

BOOST_AUTO_TEST_CASE(where_sleeps_are_so_dear_that_all_waits_look_long_a_trial_tells_them_short) {
  untried one{100us, 80us};
  for (int i = 0; i < 100; ++i) one.waits.ended(5ms, true);
  BOOST_TEST((one.worth() == 0us));
  one.at += 10ms;
  BOOST_TEST(about(one.worth(), 80us));
  BOOST_TEST((one.worth() == 0us)); // one at a time
  one.waits.ended(30us, false);
  BOOST_TEST(about(one.worth(), 80us));
}

BOOST_AUTO_TEST_CASE(a_trial_that_finds_nothing_changes_nothing_and_the_next_one_is_a_while_later) {
  untried one{100us};
  one.at += 10ms;
  BOOST_TEST((one.worth() > 0us));
  one.waits.ended(2ms, true);
  one.at += 9ms;
  BOOST_TEST((one.worth() == 0us));
  one.at += 1ms;
  BOOST_TEST((one.worth() > 0us));
}

BOOST_AUTO_TEST_CASE(of_no_length_it_is_never_worth_it) {
  short_waits waits{0us};
  for (int i = 0; i < 100; ++i) waits.ended(0us, false);
  BOOST_TEST((waits.worth(instant{} + 1s) == 0us));
}

BOOST_AUTO_TEST_SUITE_END()
