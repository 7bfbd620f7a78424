#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "clients/cpp/batch_window.hpp"

using texlex::client_core::batch_window;

BOOST_AUTO_TEST_SUITE(batch_window_test)

BOOST_AUTO_TEST_CASE(there_is_room_for_all_until_some_are_refused) {
  batch_window window;
  for (uint64_t frame = 1; frame <= 100; ++frame) window.sent(frame, 256);
  BOOST_TEST(window.room() > 1'000'000u);
  for (uint64_t frame = 1; frame <= 100; ++frame) window.answered(frame, 256, 256, 0);
  BOOST_TEST(window.room() > 1'000'000u);
}

BOOST_AUTO_TEST_CASE(then_there_is_for_as_many_as_were_served) {
  batch_window window;
  window.sent(1, 256);
  window.answered(1, 256, 10, 246);
  BOOST_TEST(window.room() == 10u);
  window.sent(2, 7);
  BOOST_TEST(window.room() == 3u);
  window.sent(3, 3);
  BOOST_TEST(window.room() == 0u);
}

BOOST_AUTO_TEST_CASE(where_none_was_served_there_is_for_half_as_many_but_never_for_none) {
  batch_window window;
  uint64_t frame = 0;
  for (const size_t documents : {256u, 128u, 64u, 32u, 16u, 8u, 4u, 2u, 1u, 1u}) {
    window.sent(++frame, documents);
    window.answered(frame, documents, 0, documents);
    BOOST_TEST(window.room() == std::max<size_t>(1, documents / 2));
  }
}

BOOST_AUTO_TEST_CASE(what_was_in_flight_when_it_was_learnt_teaches_it_no_second_time) {
  batch_window window;
  for (uint64_t frame = 1; frame <= 5; ++frame) window.sent(frame, 100);
  window.answered(1, 100, 40, 60);
  for (uint64_t frame = 2; frame <= 5; ++frame) window.answered(frame, 100, 0, 100);
  BOOST_TEST(window.room() == 40u);
  window.sent(6, 40);
  window.answered(6, 40, 0, 40);
  BOOST_TEST(window.room() == 20u);
}

BOOST_AUTO_TEST_CASE(as_long_as_all_are_served_there_is_room_for_an_eighth_more) {
  batch_window window;
  window.sent(1, 100);
  window.answered(1, 100, 40, 60);
  window.sent(2, 40);
  window.answered(2, 40, 40, 0);
  BOOST_TEST(window.room() == 45u);
  window.sent(3, 1);
  window.answered(3, 1, 1, 0);
  BOOST_TEST(window.room() == 46u);
}

BOOST_AUTO_TEST_CASE(what_failed_otherwise_says_nothing_of_room) {
  batch_window window;
  window.sent(1, 100);
  window.answered(1, 100, 40, 60);
  window.sent(2, 40);
  window.answered(2, 40, 0, 0);
  BOOST_TEST(window.room() == 40u);
}

BOOST_AUTO_TEST_SUITE_END()
