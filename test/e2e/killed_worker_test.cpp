// Workers that somebody kills or stops, which says nothing about the documents they hold; and what becomes of a texlexd
// that can have no worker any more.
#include <boost/test/unit_test.hpp>

#include <csignal>

#include <signal.h>

#include "actors/exit_status.hpp"
#include "test/e2e/neighbour.hpp"
#include "test/e2e/worker_processes.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(killed_worker_test)

namespace {

const std::string document = "\\section{a} b";

std::vector<std::string> isolated(std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--isolation", "process"});
  return flags;
}

void kill_all(const running_texlexd& server) {
  const auto before = children_of(server);
  for (const pid_t pid : before) ::kill(pid, SIGKILL);
  BOOST_TEST(wait_until([&] { return std::ranges::all_of(before, gone); }));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_document_whose_processes_are_all_killed_twice_is_answered_and_not_condemned) {
  // Long enough in a worker's hands to be killed there.
  running_texlexd server{
    isolated({"--watchdog-ms", "60000", "--inject-stall-ppm", "1000000", "--inject-stall-us", "1000000"})};
  auto one = server.connect();
  one.request(1, document);
  for (int round = 0; round < 2; ++round) {
    BOOST_REQUIRE(all_are_back(server));
    std::this_thread::sleep_for(100ms); // for a copy to start, or the next attempt
    kill_all(server);
  }
  one.expect_counts(1, document);
  one.request(2, document);
  one.expect_counts(2, document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_process_that_is_stopped_in_the_middle_of_a_document_is_killed_and_the_document_goes_on) {
  running_texlexd server{isolated({"--no-hedge", "--inject-stall-ppm", "1000000", "--inject-stall-us", "300000"})};
  auto one = server.connect();
  const auto before = children_of(server);
  one.request(1, document);
  std::this_thread::sleep_for(100ms);
  for (const pid_t pid : before) ::kill(pid, SIGSTOP);
  one.expect_counts(1, document); // each of them, in turn, had it for the time of a watchdog
  BOOST_TEST(wait_until([&] { return std::ranges::any_of(before, gone); }));
  for (const pid_t pid : before) ::kill(pid, SIGCONT);
  one.request(2, document);
  one.expect_counts(2, document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(cores_whose_workers_are_killed_again_and_again_come_back) {
  running_texlexd server{isolated({"--restarts-max", "1", "--restart-delay-max-ms", "50"})};
  for (int round = 0; round < 5; ++round) {
    BOOST_REQUIRE(all_are_back(server));
    kill_all(server);
  }
  BOOST_TEST(all_are_back(server));
  auto one = server.connect();
  one.request(1, document);
  one.expect_counts(1, document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(if_workers_are_killed_for_as_long_as_may_be_texlexd_ends_and_says_so) {
  running_texlexd server{
    isolated({"--absent-max-s", "1", "--inject-stall-ppm", "1000000", "--inject-stall-us", "30000000"})};
  auto one = server.connect();
  one.request(1, document); // never ends
  std::jthread killer{[&server](const std::stop_token& enough) {
    for (const instant until = now() + patience; now() < until && !enough.stop_requested();
         std::this_thread::sleep_for(1ms))
      for (const pid_t pid : children_of(server)) ::kill(pid, SIGKILL);
  }};
  const status told = one.response().result.status;
  BOOST_TEST((told == status::no_worker || told == status::worker_lost), name_of(told));
  BOOST_TEST(server.wait().exit_status == exit_status::absent);
  killer.request_stop();
}

BOOST_AUTO_TEST_CASE(if_all_cores_rest_as_their_workers_crash_texlexd_ends_and_says_so) {
  running_texlexd server{
    {"--absent-max-s", "1", "--restarts-max", "1", "--test-crash-marker", "%die", "--test-crash-count", "1000"}};
  auto one = server.connect();
  uint64_t id = 0;
  status told = status::ok;
  while (told != status::no_worker) { // each document of its own, as one that killed twice is not tried again
    ++id;
    one.request(id, "%die" + std::to_string(id));
    told = one.response().result.status;
    BOOST_REQUIRE((told == status::worker_lost || told == status::no_worker));
    BOOST_REQUIRE(id < 1000);
  }
  BOOST_TEST(server.wait().exit_status == exit_status::absent);
}

BOOST_AUTO_TEST_SUITE_END()
