// What the system tells of threads that run, sleep or are stopped.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "runtime/child_process.hpp"
#include "runtime/cpu.hpp"
#include "runtime/packet_socket.hpp"
#include "runtime/thread_times.hpp"

using namespace texlex;
using namespace std::chrono_literals;

#ifdef __linux__

BOOST_AUTO_TEST_SUITE(thread_times_test)

namespace {

constexpr duration patience = 20s; ///< only a failing test waits so long

template <class Condition>
bool wait_until(Condition holds) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(1ms))
    if (holds()) return true;
  return false;
}

struct shell {
  explicit shell(const std::string& script)
    : ends(packet_socket_pair()), child("/bin/sh", {"sh", "-c", script}, ends.second.get()) {}
  std::optional<thread_times> times() const { return times_of(child.pid(), child.pid()); }
  std::pair<owned_fd, owned_fd> ends;
  child_process child;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_thread_that_asks_about_itself_is_running) {
  const auto seen = times_of(::getpid(), number_of_this_thread());
  BOOST_REQUIRE(seen.has_value());
  BOOST_TEST(seen->runnable);
}

BOOST_AUTO_TEST_CASE(a_process_that_runs_on_uses_processor_time_and_one_that_is_stopped_does_not) {
  const shell one{"while :; do :; done"};
  BOOST_TEST(wait_until([&] { return one.times() && one.times()->processor_time >= 50ms; }));
  BOOST_TEST(one.times()->runnable);
  ::kill(one.child.pid(), SIGSTOP);
  BOOST_TEST(wait_until([&] { return !one.times()->runnable; }));
  const duration used = one.times()->processor_time;
  std::this_thread::sleep_for(50ms);
  BOOST_TEST((one.times()->processor_time == used));
}

BOOST_AUTO_TEST_CASE(a_process_that_waits_is_not_runnable) {
  const shell one{"read x <&3"};
  BOOST_TEST(wait_until([&] { return one.times() && !one.times()->runnable; }));
}

BOOST_AUTO_TEST_CASE(of_a_thread_that_is_not_there_nothing_is_told) {
  BOOST_TEST(!times_of(::getpid(), 0).has_value());
  shell one{"exit 0"};
  one.child.end(patience);
  BOOST_TEST(!one.times().has_value());
}

BOOST_AUTO_TEST_CASE(of_two_threads_that_run_on_and_on_on_one_core_each_loses_it) {
  const uint32_t core = allowed_cores().front();
  std::atomic<bool> found = false;
  const auto run_on = [&] {
    (void)pin_this_thread(core);
    core_losses losses;
    const instant until = now() + patience;
    while (!found && now() < until) found = found || losses.any_since_last_look();
  };
  { const std::jthread one{run_on}, other{run_on}; }
  BOOST_TEST(found);
}

BOOST_AUTO_TEST_CASE(of_all_others_a_thread_that_runs_or_a_child_that_does_is_seen_and_sleepers_are_not) {
  std::atomic<bool> runs = true;
  BOOST_TEST(wait_until([] { return !times_of_all_others()->runnable; })); // the one who asks does not count
  {
    const std::jthread other{[&] {
      while (runs.load()) {
      }
    }};
    BOOST_TEST(wait_until([] { return times_of_all_others()->runnable; }));
    BOOST_TEST(wait_until([] { return times_of_all_others()->processor_time >= 20ms; }));
    runs = false;
  }
  BOOST_TEST(wait_until([] { return !times_of_all_others()->runnable; }));
  const shell child{"while :; do :; done"};
  BOOST_TEST(wait_until([] { return times_of_all_others()->runnable; }));
}

#else

BOOST_AUTO_TEST_CASE(where_the_system_does_not_tell_nothing_is_told) {
  BOOST_TEST(!times_of(::getpid(), number_of_this_thread()).has_value());
  BOOST_TEST(!times_of_all_others().has_value());
}

#endif

BOOST_AUTO_TEST_SUITE_END()
