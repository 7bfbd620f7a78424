// The loop hears descriptors, calls that are due and other threads: what was done before a wake is seen after it, and
// no wake is lost, however they meet.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <sys/socket.h>

#include "runtime/event_loop.hpp"

using namespace texlex;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(event_loop_test)

namespace {

constexpr auto patience = 60s; // only a failure takes that long

struct notes final : event_loop::watcher {
  std::vector<uint32_t> heard;
  void ready(uint32_t events) noexcept override { heard.push_back(events); }
};

struct socket_pair {
  owned_fd ours, theirs;
  socket_pair() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    ours = owned_fd{ends[0]};
    theirs = owned_fd{ends[1]};
  }
  void say(const std::string& text) const {
    BOOST_REQUIRE(::write(theirs.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

struct loop_alone {
  event_loop loop;
  /// A pass that must not sleep: it would outlast the test's patience.
  void pass_at_once() { loop.wait(now() + patience); }
  void pass_without_waiting() { loop.wait(instant::min()); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_descriptor_is_told_of_while_it_has_something_to_read, loop_alone) {
  socket_pair sockets;
  notes watcher;
  BOOST_REQUIRE(loop.watch(sockets.ours.get(), EPOLLIN, watcher));
  pass_without_waiting();
  BOOST_TEST(watcher.heard.empty());
  sockets.say("a");
  pass_at_once();
  pass_at_once(); // nobody has read it
  BOOST_TEST(watcher.heard == (std::vector<uint32_t>{EPOLLIN, EPOLLIN}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_watch_may_be_for_other_events_and_may_end, loop_alone) {
  socket_pair sockets;
  notes watcher;
  BOOST_REQUIRE(loop.watch(sockets.ours.get(), EPOLLIN, watcher));
  BOOST_REQUIRE(loop.watch_for(sockets.ours.get(), EPOLLOUT, watcher));
  pass_at_once();
  BOOST_TEST(watcher.heard == std::vector<uint32_t>{EPOLLOUT}, boost::test_tools::per_element());
  loop.unwatch(sockets.ours.get(), watcher);
  sockets.say("a");
  pass_without_waiting();
  BOOST_TEST(watcher.heard.size() == 1u);
  BOOST_TEST(!loop.watch_for(sockets.ours.get(), EPOLLIN, watcher));
}

BOOST_FIXTURE_TEST_CASE(calls_are_made_in_the_order_in_which_they_are_due, loop_alone) {
  std::string made;
  const instant start = now();
  loop.call_at(start + 2ms, [&] { made += 'c'; });
  loop.call_at(start + 1ms, [&] { made += 'a'; });
  loop.call_at(start + 1ms, [&] { made += 'b'; });
  while (made.size() < 3) loop.wait(instant::max()); // the first due call ends the wait
  BOOST_TEST(made == "abc");
  BOOST_TEST((now() >= start + 2ms));
}

BOOST_FIXTURE_TEST_CASE(a_call_planned_by_a_call_waits_for_the_next_pass, loop_alone) {
  int made = 0;
  std::function<void()> again = [&] {
    if (++made < 3) loop.call_at(instant::min(), again);
  };
  loop.call_at(instant::min(), again);
  pass_at_once();
  BOOST_TEST(made == 1);
  pass_at_once();
  pass_at_once();
  BOOST_TEST(made == 3);
}

BOOST_FIXTURE_TEST_CASE(a_wake_from_before_the_wait_ends_it, loop_alone) {
  loop.wake();
  loop.wake();
  pass_at_once();
}

BOOST_FIXTURE_TEST_CASE(a_call_from_another_thread_is_made_by_the_thread_that_waits, loop_alone) {
  std::thread::id made_by;
  std::jthread other{[&] { loop.post([&] { made_by = std::this_thread::get_id(); }); }};
  for (const instant until = now() + patience; made_by == std::thread::id{} && now() < until;) loop.wait(until);
  BOOST_TEST((made_by == std::this_thread::get_id()));
}

BOOST_FIXTURE_TEST_CASE(what_was_posted_is_called_although_its_wake_was_taken_by_who_looked_for_something_else,
                        loop_alone) {
  bool called = false;
  loop.post([&] { called = true; });
  loop.take_wakes();
  const instant begun = now();
  pass_at_once();
  BOOST_TEST(called);
  BOOST_TEST((now() - begun < patience)); // it did not sleep on it
}

BOOST_FIXTURE_TEST_CASE(nothing_that_was_done_before_a_wake_goes_unseen, loop_alone) {
  constexpr int threads = 4, each = 20000;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> wakers;
    for (int i = 0; i < threads; ++i)
      wakers.emplace_back([&] {
        for (int n = 0; n < each; ++n) {
          done.fetch_add(1, std::memory_order_relaxed);
          loop.wake();
        }
      });
    for (int seen = 0; seen < threads * each;) { // the loop sleeps whenever it has seen all there was
      const instant begun = now();
      loop.wait(begun + patience);
      BOOST_REQUIRE_MESSAGE((now() - begun < patience), "a wake was lost: " << seen << " seen");
      seen = done.load(std::memory_order_relaxed);
    }
  }
  BOOST_TEST(done == threads * each);
}

BOOST_FIXTURE_TEST_CASE(what_comes_while_more_is_ready_than_a_pass_takes_is_not_taken_for_older_than_the_rounds_of_all,
                        loop_alone) {
  constexpr size_t sockets_count = 3 * limits::sockets_a_pass_max - 4, passes_a_round = 3;
  std::vector<socket_pair> sockets(sockets_count);
  notes watcher;
  for (const socket_pair& each : sockets) {
    BOOST_REQUIRE(loop.watch(each.ours.get(), EPOLLIN, watcher));
    each.say("nobody reads it");
  }
  std::vector<instant> passes;
  for (size_t i = 0; i < 20 * passes_a_round; ++i) {
    pass_without_waiting();
    passes.push_back(loop.time());
    if (i >= 3 * passes_a_round) BOOST_TEST((loop.ready_since() >= passes[i - 3 * passes_a_round]));
  }
  BOOST_TEST(watcher.heard.size() == passes.size() * limits::sockets_a_pass_max);
}

BOOST_AUTO_TEST_SUITE_END()
