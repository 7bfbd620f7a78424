// Who is next when a lane becomes free.
#define BOOST_TEST_MODULE waiting_queue
#include <boost/test/unit_test.hpp>

#include "actors/state/waiting_queue.hpp"

using namespace texlex;

namespace {

uint64_t take(waiting_queue& queue) {
  const auto first = queue.front();
  if (!first) return 0;
  queue.remove(*first);
  queue.check_invariants();
  return first->value;
}

} // namespace

BOOST_AUTO_TEST_CASE(jobs_leave_in_the_order_they_came) {
  waiting_queue queue{10};
  for (uint64_t id = 1; id <= 3; ++id) BOOST_TEST(queue.push_back({id}));
  BOOST_TEST(take(queue) == 1u);
  BOOST_TEST(take(queue) == 2u);
  BOOST_TEST(take(queue) == 3u);
  BOOST_TEST(take(queue) == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_queue_takes_no_more) {
  waiting_queue queue{2};
  BOOST_TEST(queue.push_back({1}));
  BOOST_TEST(queue.push_back({2}));
  BOOST_TEST(!queue.push_back({3}));
  BOOST_TEST(queue.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_job_that_lost_its_lane_goes_first_and_is_never_refused) {
  waiting_queue queue{1};
  BOOST_TEST(queue.push_back({1}));
  queue.push_front({7});
  queue.push_front({8});
  BOOST_TEST(take(queue) == 8u);
  BOOST_TEST(take(queue) == 7u);
  BOOST_TEST(take(queue) == 1u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_leaves_its_place_to_another) {
  waiting_queue queue{2};
  BOOST_TEST(queue.push_back({1}));
  BOOST_TEST(queue.push_back({2}));
  BOOST_TEST(queue.remove({1}));
  BOOST_TEST(!queue.remove({1}));
  BOOST_TEST(queue.push_back({3}));
  BOOST_TEST(take(queue) == 2u);
  BOOST_TEST(take(queue) == 3u);
}
