#include <boost/test/unit_test.hpp>

#include "clients/cpp/batch_window.hpp"

using texlex::client_core::batch_window;

BOOST_AUTO_TEST_SUITE(batch_window_test)

BOOST_AUTO_TEST_CASE(it_begins_with_as_many_as_a_frame_may_have) { BOOST_TEST(batch_window{}.documents() == 256u); }

BOOST_AUTO_TEST_CASE(where_not_all_had_room_the_next_are_as_many_as_had) {
  batch_window window;
  window.answered(256, 246);
  BOOST_TEST(window.documents() == 10u);
  window.answered(10, 3);
  BOOST_TEST(window.documents() == 7u);
}

BOOST_AUTO_TEST_CASE(where_none_had_room_they_are_half_as_many_but_never_none) {
  batch_window window;
  for (const size_t left : {128u, 64u, 32u, 16u, 8u, 4u, 2u, 1u, 1u}) {
    window.answered(window.documents(), window.documents());
    BOOST_TEST(window.documents() == left);
  }
}

BOOST_AUTO_TEST_CASE(once_all_have_room_they_are_twice_as_many_up_to_what_a_frame_may_have) {
  batch_window window;
  window.answered(256, 255);
  for (const size_t more : {2u, 4u, 8u, 16u, 32u, 64u, 128u, 256u, 256u}) {
    window.answered(window.documents(), 0);
    BOOST_TEST(window.documents() == more);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_had_fewer_than_it_might_have_says_nothing_of_more) {
  batch_window window;
  window.answered(256, 206);
  window.answered(20, 0);
  BOOST_TEST(window.documents() == 50u);
}

BOOST_AUTO_TEST_SUITE_END()
