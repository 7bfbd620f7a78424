// How much the server takes on in all.
#include <boost/test/unit_test.hpp>

#include "actors/state/admission.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(admission_test)

BOOST_AUTO_TEST_CASE(as_many_requests_are_admitted_as_there_are_places) {
  admission desk{2, 1000};
  const auto first = desk.admit(1);
  const auto second = desk.admit(1);
  BOOST_TEST((first && second));
  BOOST_TEST(!desk.admit(1));
}

BOOST_AUTO_TEST_CASE(what_is_announced_takes_no_bytes_and_what_has_arrived_does) {
  admission desk{10, 100};
  auto first = desk.admit(60);
  auto second = desk.admit(60);
  BOOST_TEST((first && second));
  BOOST_TEST(desk.bytes_in_flight() == 0u);
  first->arrived(60);
  BOOST_TEST(desk.bytes_in_flight() == 60u);
  BOOST_TEST(second->room() == 40u);
}

BOOST_AUTO_TEST_CASE(beside_documents_that_are_whole_no_more_bytes_are_admitted_than_the_limit) {
  admission desk{10, 100};
  auto sixty = desk.admit(60);
  sixty->arrived(60);
  BOOST_TEST(desk.admit(41).has_value());
  sixty->whole();
  BOOST_TEST(!desk.admit(41));
  BOOST_TEST(desk.admit(40).has_value());
}

BOOST_AUTO_TEST_CASE(what_comes_beyond_what_was_announced_is_not_counted) {
  admission desk{1, 10};
  auto place = desk.admit(10);
  place->arrived(9);
  place->arrived(5); // a document's four bytes of length
  BOOST_TEST(desk.bytes_in_flight() == 10u);
  BOOST_TEST(place->room() > 4u);
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_counted_is_refused_rather_than_wrapped_around) {
  admission desk{10, UINT64_MAX - 1};
  auto one = desk.admit(1);
  one->arrived(1);
  one->whole();
  BOOST_TEST(!desk.admit(UINT64_MAX - 1));
  BOOST_TEST(!desk.admit(UINT64_MAX));
}

BOOST_AUTO_TEST_CASE(a_place_let_go_of_is_free_again) {
  admission desk{1, 100};
  {
    auto place = desk.admit(100);
    place->arrived(100);
    place->whole();
  }
  BOOST_TEST(desk.requests_in_flight() == 0u);
  BOOST_TEST(desk.bytes_in_flight() == 0u);
  BOOST_TEST(desk.admit(100).has_value());
}

BOOST_AUTO_TEST_CASE(a_place_handed_on_is_given_back_once) {
  admission desk{2, 100};
  auto place = desk.admit(70);
  place->arrived(70);
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
  first->arrived(10);
  second->arrived(20);
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

BOOST_AUTO_TEST_CASE(for_more_bytes_than_there_may_be_in_all_there_will_never_be_a_place) {
  BOOST_TEST((admission{1, 100}.ever(100)));
  BOOST_TEST((!admission{1, 100}.ever(101)));
  BOOST_TEST((!admission{0, 100}.ever(1)));
}

BOOST_AUTO_TEST_SUITE_END()
