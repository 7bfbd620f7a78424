#include <boost/test/unit_test.hpp>

#include "clients/cpp/retry_schedule.hpp"

using namespace texlex;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(retry_schedule_test)

BOOST_AUTO_TEST_CASE(what_a_server_has_no_room_for_is_worth_another_try_and_what_it_cannot_do_is_not) {
  for (const status one : {status::overload, status::deadline_exceeded, status::too_many_connections})
    BOOST_TEST(is_worth_another_try(one));
  for (const status one : {status::ok, status::document_too_large, status::shutting_down, status::worker_lost,
                           status::unknown_regime, status::condemned_document, status{12345}})
    BOOST_TEST(!is_worth_another_try(one));
}

BOOST_AUTO_TEST_CASE(a_wait_is_as_long_as_the_server_asked_for) {
  retry_schedule schedule;
  BOOST_TEST(schedule.next_wait(milliseconds{700})->count() == 700);
  BOOST_TEST(schedule.next_wait(milliseconds{1500})->count() == 1500);
}

BOOST_AUTO_TEST_CASE(without_a_word_of_the_server_waits_double_up_to_a_second) {
  retry_schedule schedule;
  for (const int wait : {10, 20, 40, 80, 160, 320, 640, 1000, 1000})
    BOOST_TEST(schedule.next_wait(milliseconds{0})->count() == wait);
}

BOOST_AUTO_TEST_CASE(tries_end_by_their_number) {
  retry_schedule schedule;
  for (uint32_t i = 0; i < retry_schedule::tries_again_max; ++i)
    BOOST_TEST(schedule.next_wait(milliseconds{1}).has_value());
  BOOST_TEST(!schedule.next_wait(milliseconds{1}));
  BOOST_TEST(schedule.tries_again() == retry_schedule::tries_again_max);
}

BOOST_AUTO_TEST_CASE(tries_end_by_the_sum_of_their_waits_and_at_once_if_one_alone_is_longer) {
  retry_schedule schedule;
  for (int i = 0; i < 3; ++i) BOOST_TEST(schedule.next_wait(milliseconds{10'000}).has_value());
  BOOST_TEST(!schedule.next_wait(milliseconds{1}));
  BOOST_TEST(!retry_schedule{}.next_wait(milliseconds{UINT32_MAX}));
  BOOST_TEST(retry_schedule{}.next_wait(retry_schedule::waited_max).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
