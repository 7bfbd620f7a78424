// Whether to look on before one sleeps: where most waits of late were short, and nowhere else.
#include <boost/test/unit_test.hpp>

#include "runtime/short_waits.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(short_waits_test)

BOOST_AUTO_TEST_CASE(nobody_looks_on_before_a_short_wait_was_seen) {
  short_waits waits{10us};
  BOOST_TEST((waits.worth() == 0us));
  waits.ended(5us, true);
  BOOST_TEST((waits.worth() == 10us));
}

BOOST_AUTO_TEST_CASE(who_slept_may_have_been_woken_late) {
  short_waits waits{10us};
  waits.ended(40us, true);
  BOOST_TEST((waits.worth() == 10us));
  short_waits others{10us};
  others.ended(40us, false);
  BOOST_TEST((others.worth() == 0us));
}

BOOST_AUTO_TEST_CASE(long_waits_soon_end_it_and_short_ones_bring_it_back_slowly) {
  short_waits waits{10us};
  for (int i = 0; i < 1000; ++i) waits.ended(1us, false);
  for (int i = 0; i < 4; ++i) waits.ended(1ms, true);
  BOOST_TEST((waits.worth() == 0us));
  for (int i = 0; i < 1000; ++i) waits.ended(1ms, true);
  for (int i = 0; i < 8; ++i) waits.ended(1us, true);
  BOOST_TEST((waits.worth() == 0us));
  waits.ended(1us, true);
  BOOST_TEST((waits.worth() == 10us));
}

BOOST_AUTO_TEST_CASE(half_of_them_long_is_too_many) {
  short_waits waits{10us};
  for (int i = 0; i < 100; ++i) waits.ended(i % 2 == 0 ? 1us : 1ms, true);
  BOOST_TEST((waits.worth() == 0us));
}

BOOST_AUTO_TEST_CASE(of_no_length_it_is_never_worth_it) {
  short_waits waits{0us};
  for (int i = 0; i < 100; ++i) waits.ended(0us, false);
  BOOST_TEST((waits.worth() == 0us));
}

BOOST_AUTO_TEST_SUITE_END()
