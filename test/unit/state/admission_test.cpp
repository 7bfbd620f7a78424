// How much the server takes on in all.
#define BOOST_TEST_MODULE admission
#include <boost/test/unit_test.hpp>

#include "actors/state/admission.hpp"

using namespace texlex;

BOOST_AUTO_TEST_CASE(as_many_requests_are_admitted_as_there_are_places) {
  admission desk{2, 1000};
  const auto first = desk.admit(1);
  const auto second = desk.admit(1);
  BOOST_TEST((first && second));
  BOOST_TEST(!desk.admit(1));
}

BOOST_AUTO_TEST_CASE(bytes_are_admitted_up_to_the_limit_and_not_one_more) {
  admission desk{10, 100};
  const auto sixty = desk.admit(60);
  BOOST_TEST(!desk.admit(41));
  BOOST_TEST(desk.admit(40).has_value());
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_counted_is_refused_rather_than_wrapped_around) {
  admission desk{10, UINT64_MAX - 1};
  const auto one = desk.admit(1);
  BOOST_TEST(!desk.admit(UINT64_MAX - 1));
  BOOST_TEST(!desk.admit(UINT64_MAX));
}

BOOST_AUTO_TEST_CASE(a_place_let_go_of_is_free_again) {
  admission desk{1, 100};
  { const auto place = desk.admit(100); }
  BOOST_TEST(desk.requests_in_flight() == 0u);
  BOOST_TEST(desk.bytes_in_flight() == 0u);
  BOOST_TEST(desk.admit(100).has_value());
}

BOOST_AUTO_TEST_CASE(a_place_handed_on_is_given_back_once) {
  admission desk{2, 100};
  auto place = desk.admit(70);
  admission::place held = std::move(*place);
  place.reset();
  BOOST_TEST(desk.bytes_in_flight() == 70u);
  held.give_back();
  held.give_back();
  BOOST_TEST(desk.bytes_in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(a_place_that_takes_anothers_stead_gives_its_own_back) {
  admission desk{2, 100};
  auto first = desk.admit(10);
  auto second = desk.admit(20);
  *first = std::move(*second);
  BOOST_TEST(desk.requests_in_flight() == 1u);
  BOOST_TEST(desk.bytes_in_flight() == 20u);
}

BOOST_AUTO_TEST_CASE(an_empty_document_takes_a_place_and_no_bytes) {
  admission desk{1, 0};
  const auto place = desk.admit(0);
  BOOST_TEST(place.has_value());
  BOOST_TEST(!desk.admit(0));
}
