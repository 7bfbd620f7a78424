#include <boost/test/unit_test.hpp>

#include "clients/cpp/retry_policy.hpp"

using namespace texlex;
using namespace texlex::client_core;
using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(retry_policy_test)

namespace {

constexpr instant begin{seconds{1000}};

request lasting(duration time) {
  request made;
  made.deadline = begin + time;
  return made;
}

answer lost() { return failed(TEXLEX_CLIENT_UNREACHABLE, "lost"); }

} // namespace

BOOST_AUTO_TEST_CASE(lack_of_room_and_lost_connections_are_worth_another_try_and_nothing_else_is) {
  for (const status one :
       {status::overload, status::shutting_down, status::too_many_connections, status::deadline_exceeded})
    BOOST_TEST(may_be_tried_again(refused(one, 0)));
  for (uint32_t i = 1; i < status_count; ++i) {
    const auto one = static_cast<status>(i);
    if (one != status::overload && one != status::shutting_down && one != status::too_many_connections
        && one != status::deadline_exceeded)
      BOOST_TEST(!may_be_tried_again(refused(one, 0)), name_of(one));
  }
  BOOST_TEST(may_be_tried_again(lost()));
  for (const ending one : {TEXLEX_CLIENT_BROKEN_PROTOCOL, TEXLEX_CLIENT_TIMED_OUT, TEXLEX_CLIENT_UNSUPPORTED,
                           TEXLEX_CLIENT_DESCRIPTOR_LOST, TEXLEX_CLIENT_NO_MEMORY})
    BOOST_TEST(!may_be_tried_again(failed(one, {})));
}

BOOST_AUTO_TEST_CASE(a_document_whose_descriptor_was_lost_is_sent_as_bytes_at_once_and_once_only) {
  const retry_policy policy{8, 0, 1};
  auto asked = lasting(seconds{10});
  asked.document_descriptor = 5;
  auto failure = refused(status::descriptor_lost, 0);
  BOOST_TEST((policy.again_at(asked, 0, failure, begin, 0) == begin));
  BOOST_TEST(asked.document_descriptor == -1);
  BOOST_TEST(asked.failures == 0u);
  BOOST_TEST(!policy.again_at(asked, 0, failure, begin, 0));
}

BOOST_AUTO_TEST_CASE(another_server_is_asked_at_once_and_the_same_one_after_a_wait) {
  const retry_policy policy{8, 0, 2};
  auto asked = lasting(seconds{10});
  auto failure = lost();
  BOOST_TEST((policy.again_at(asked, 0, failure, begin, 0) == begin));
  BOOST_TEST(asked.refused_by == 1u);
  BOOST_TEST((policy.again_at(asked, 1, failure, begin, 0) == begin + milliseconds{10}));
  BOOST_TEST(asked.refused_by == 0u);
}

BOOST_AUTO_TEST_CASE(a_wait_is_as_long_as_the_server_asks_and_longer_by_chance) {
  const retry_policy policy{8, 0, 1};
  auto asked = lasting(seconds{10});
  auto failure = refused(status::overload, 400);
  BOOST_TEST((policy.again_at(asked, 0, failure, begin, 0) == begin + milliseconds{400}));
  BOOST_TEST((policy.again_at(asked, 0, failure, begin, 1) == begin + milliseconds{600}));
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_tries) {
  const retry_policy policy{3, 0, 2};
  auto asked = lasting(seconds{100});
  uint32_t tries = 1;
  auto failure = lost();
  while (policy.again_at(asked, tries % 2, failure, begin, 0)) ++tries;
  BOOST_TEST(tries == 6u);
}

BOOST_AUTO_TEST_CASE(there_may_be_fewer_where_nobody_is_reached) {
  const retry_policy policy{8, 2, 1};
  for (const answer& failure : {lost(), refused(status::shutting_down, 0)}) {
    auto asked = lasting(seconds{100});
    auto first = failure, second = failure;
    BOOST_TEST(policy.again_at(asked, 0, first, begin, 0).has_value());
    BOOST_TEST(!policy.again_at(asked, 0, second, begin, 0));
  }
  auto asked = lasting(seconds{100});
  for (int i = 0; i < 7; ++i) {
    auto failure = refused(status::overload, 0);
    BOOST_TEST(policy.again_at(asked, 0, failure, begin, 0).has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_had_no_room_beside_others_of_its_batch_is_tried_until_its_time_is_over) {
  const retry_policy policy{2, 0, 1};
  auto asked = lasting(seconds{10});
  auto failure = refused(status::overload, 0);
  failure.others_were_served = true;
  for (int i = 0; i < 1000; ++i) BOOST_TEST(policy.again_at(asked, 0, failure, begin, 0).has_value());
  BOOST_TEST(!policy.again_at(asked, 0, failure, begin + seconds{10}, 0));
}

BOOST_AUTO_TEST_CASE(no_wait_goes_over_the_time_of_the_request) {
  const retry_policy policy{8, 0, 1};
  auto asked = lasting(milliseconds{100});
  auto failure = refused(status::overload, 200);
  BOOST_TEST(!policy.again_at(asked, 0, failure, begin, 0));
  BOOST_TEST(failure.status == TEXLEX_CLIENT_REFUSED);
  failure = refused(status::deadline_exceeded, 0);
  auto late = lasting(milliseconds{5});
  BOOST_TEST(!policy.again_at(late, 0, failure, begin, 0));
  BOOST_TEST(failure.status == TEXLEX_CLIENT_TIMED_OUT);
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_is_left_alone_for_longer_each_time_and_no_longer_than_five_seconds) {
  BOOST_TEST((retry_policy::pause_after(0, 0) == milliseconds{50}));
  BOOST_TEST((retry_policy::pause_after(1, 0) == milliseconds{100}));
  BOOST_TEST((retry_policy::pause_after(1000, 0) == seconds{5}));
}

BOOST_AUTO_TEST_SUITE_END()
