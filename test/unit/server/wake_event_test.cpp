// Other threads wake the loop: what was done before a wake is seen after it, and no wake is lost, however they meet.
#define BOOST_TEST_MODULE wake_event
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "actors/server/wake_event.hpp"

using namespace texlex;

namespace {

constexpr auto patience = std::chrono::seconds{60}; // only a failure takes that long

struct loop_with_event {
  boost::asio::io_context io{1};
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  wake_event event{io};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_wake_from_before_the_loop_ran_is_heard, loop_with_event) {
  event.wake();
  event.listen();
  BOOST_TEST(io.run_one_for(patience) == 1u);
  BOOST_TEST(event.take());
}

BOOST_FIXTURE_TEST_CASE(wakes_that_were_not_taken_yet_are_one, loop_with_event) {
  event.listen();
  for (int i = 0; i < 3; ++i) event.wake();
  BOOST_TEST(io.run_one_for(patience) == 1u);
  BOOST_TEST(event.take());
  BOOST_TEST(!event.take());
  BOOST_TEST(io.poll() == 0u);
}

BOOST_FIXTURE_TEST_CASE(it_wakes_again_and_again, loop_with_event) {
  event.listen();
  for (int i = 0; i < 1000; ++i) {
    event.wake();
    BOOST_REQUIRE(io.run_one_for(patience) == 1u);
    BOOST_REQUIRE(event.take());
  }
}

BOOST_FIXTURE_TEST_CASE(nothing_that_was_done_before_a_wake_goes_unseen, loop_with_event) {
  constexpr int threads = 4, each = 20000;
  std::atomic<int> done = 0;
  event.listen();
  {
    std::vector<std::jthread> wakers;
    for (int i = 0; i < threads; ++i)
      wakers.emplace_back([&] {
        for (int n = 0; n < each; ++n) {
          done.fetch_add(1, std::memory_order_relaxed);
          event.wake();
        }
      });
    for (int seen = 0; seen < threads * each;) { // the loop sleeps whenever it has seen all there was
      BOOST_REQUIRE_MESSAGE(io.run_one_for(patience) == 1, "a wake was lost: " << seen << " seen");
      if (event.take()) seen = done.load(std::memory_order_relaxed);
    }
  }
  BOOST_TEST(done == threads * each);
}
