// Which attempts at a job begin.
#include <boost/test/unit_test.hpp>

#include "actors/job.hpp"
#include "test/support/printed_status.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(job_test)

namespace {

constexpr instant noon{12h};

} // namespace

BOOST_AUTO_TEST_CASE(without_a_deadline_an_attempt_begins_whenever_its_worker_comes_to_it) {
  const job made;
  BOOST_TEST(!made.begin(1, noon).has_value());
}

BOOST_AUTO_TEST_CASE(before_its_deadline_an_attempt_begins) {
  job made;
  made.deadline = noon;
  BOOST_TEST(!made.begin(1, noon - 1ns).has_value());
}

BOOST_AUTO_TEST_CASE(from_its_deadline_on_none_begins) {
  job made;
  made.deadline = noon;
  BOOST_TEST((made.begin(1, noon) == status::deadline_exceeded));
  BOOST_TEST((made.begin(2, noon + 1h) == status::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(who_comes_to_it_after_a_later_attempt_is_withdrawn) {
  const job made;
  BOOST_TEST(!made.begin(2, noon).has_value());
  BOOST_TEST((made.begin(1, noon) == status::cancelled));
}

BOOST_AUTO_TEST_CASE(who_comes_to_it_before_a_later_attempt_begins_and_so_does_that) {
  const job made;
  BOOST_TEST(!made.begin(1, noon).has_value());
  BOOST_TEST(!made.begin(2, noon).has_value());
}

BOOST_AUTO_TEST_CASE(who_is_withdrawn_is_so_whatever_the_deadline_says) {
  job made;
  made.deadline = noon;
  BOOST_TEST(!made.begin(2, noon - 1ns).has_value());
  BOOST_TEST((made.begin(1, noon) == status::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()
