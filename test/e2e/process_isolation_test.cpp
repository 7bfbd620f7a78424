// Workers in processes of their own: answers are the same, and a worker's violent death costs one attempt. However
// texlexd itself ends, it leaves no process behind.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <random>
#include <thread>

#include <signal.h>

#include "runtime/cpu.hpp"
#include "runtime/time.hpp"
#include "test/e2e/neighbour.hpp"
#include "test/e2e/worker_processes.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(process_isolation_test)

namespace {

std::vector<std::string> isolated(const std::vector<std::string>& flags = {}) {
  std::vector<std::string> all{"--isolation", "process"};
  all.insert(all.end(), flags.begin(), flags.end());
  return all;
}

std::vector<std::string> stalling() { return {"--inject-stall-ppm", "1000000", "--inject-stall-us", "30000000"}; }

const std::string deadly = "%die\n" + std::string(10'000, 'a');

} // namespace

BOOST_AUTO_TEST_CASE(answers_are_right_whatever_the_document) {
  running_texlexd server{isolated()};
  BOOST_TEST(children_of(server).size() == allowed_cores().size());
  auto one = server.connect();
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  std::vector<std::string> documents = sample_documents();
  documents.push_back("");
  documents.push_back(std::string(64u << 20, 'a')); // as long as may be
  for (int i = 0; i < 100; ++i) {
    std::string& document = documents.emplace_back(random() % 50'000, '\0');
    for (char& byte : document) byte = static_cast<char>(random());
  }
  BOOST_TEST_CONTEXT("seed " << seed) {
    for (uint64_t id = 0; id < documents.size(); ++id) {
      one.request(id, documents[id]);
      one.expect_counts(id, documents[id]);
    }
  }
  server.stop();
}

BOOST_AUTO_TEST_CASE(more_documents_at_a_time_than_a_process_maps_are_answered) {
  running_texlexd server{isolated({"--requests-per-connection-max", "200"})};
  auto one = server.connect();
  const std::string document = sample_documents().front();
  const outcome wanted = counts_of(document);
  for (int round = 0; round < 3; ++round) {
    for (uint64_t id = 0; id < 200; ++id) one.request(id, document);
    for (uint64_t id = 0; id < 200; ++id) {
      outcome got = one.response().result;
      got.origin = wanted.origin;
      BOOST_TEST(got == wanted);
    }
  }
  server.stop();
}

BOOST_AUTO_TEST_CASE(worn_processes_are_replaced_and_nobody_notices) {
  running_texlexd server{isolated({"--alloc-budget-mb", "1"})};
  const auto before = children_of(server);
  neighbour beside{server};
  auto one = server.connect();
  const std::string document(200'000, 'a'); // a megabyte of tokens
  uint64_t id = 0;
  BOOST_TEST(wait_until([&] {
    one.request(++id, document);
    one.expect_counts(id, document);
    return std::ranges::all_of(before, gone);
  }));
  beside.expect_undisturbed();
  BOOST_TEST(all_are_back(server));
  server.stop();
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(a_request_whose_process_dies_once_is_answered_by_another) {
  running_texlexd server{isolated({"--test-crash-marker", "%die", "--test-crash-count", "1"})};
  neighbour beside{server};
  auto one = server.connect();
  one.request(1, deadly);
  one.expect_counts(1, deadly);
  beside.expect_undisturbed();
  BOOST_TEST(all_are_back(server));
  server.stop();
  BOOST_TEST(server.log().find("died: its process was ended by signal 6 (Aborted)") != std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(a_request_two_processes_die_on_is_lost_and_says_so) {
  running_texlexd server{isolated({"--test-crash-marker", "%die", "--test-crash-count", "2"})};
  auto one = server.connect();
  one.request(1, deadly);
  one.expect(1, status::worker_lost);
  const std::string another = deadly + "b"; // nobody dies any more
  one.request(2, another);
  one.expect_counts(2, another);
  one.request(3, deadly);
  one.expect(3, status::condemned_document);
  server.stop();
}

BOOST_AUTO_TEST_CASE(kill_9_of_a_process_with_requests_in_flight_loses_none) {
  running_texlexd server{isolated({"--kernel", "reference"})}; // slow, so that they are in flight
  auto one = server.connect();
  const std::string document(500'000, 'a');
  const outcome wanted = counts_of(document);
  constexpr uint64_t requests = 20; // of a round, in which one process dies
  for (int round = 0; round < 4; ++round) {
    BOOST_REQUIRE(all_are_back(server));
    std::vector<bool> answered(requests);
    for (uint64_t id = 0; id < requests; ++id) one.request(id, document);
    for (uint64_t i = 0; i < requests; ++i) {
      const client_response got = one.response();
      BOOST_REQUIRE(got.id < requests);
      BOOST_TEST(!answered[got.id]);
      answered[got.id] = true;
      outcome result = got.result;
      result.origin = wanted.origin;
      BOOST_TEST(result == wanted);
      if (i == 4) ::kill(children_of(server).front(), SIGKILL);
    }
    one.expect_silence();
  }
  BOOST_TEST(all_are_back(server));
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_process_that_dies_with_nothing_to_do_is_replaced_before_anybody_needs_it) {
  running_texlexd server{isolated({"--test-crash-marker", "%die", "--test-crash-count", "1"})};
  const auto before = children_of(server);
  for (const pid_t pid : before) ::kill(pid, SIGKILL);
  BOOST_TEST(wait_until([&] { return std::ranges::all_of(before, gone); }));
  BOOST_TEST(all_are_back(server));
  auto one = server.connect();
  one.request(1, deadly); // it may lose one attempt, and has lost none yet
  one.expect_counts(1, deadly);
  server.stop();
}

BOOST_AUTO_TEST_CASE(no_process_is_left_after_sigterm) {
  running_texlexd server{isolated()};
  const auto children = children_of(server);
  server.stop();
  for (const pid_t pid : children) BOOST_TEST(!state_of(pid).has_value()); // reaped, too
}

BOOST_AUTO_TEST_CASE(the_signals_of_a_terminal_or_a_service_group_are_left_to_texlexd) {
  running_texlexd server{isolated()};
  const auto children = children_of(server);
  for (const pid_t pid : children) {
    BOOST_TEST(::getpgid(pid) == pid);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::kill(pid, number);
  }
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  BOOST_TEST(children_of(server) == children);
  server.stop();
}

BOOST_AUTO_TEST_CASE(no_process_is_left_after_texlexd_itself_is_killed) {
  for (const bool at_work : {false, true}) {
    running_texlexd server{isolated(at_work ? stalling() : std::vector<std::string>{})};
    const auto children = children_of(server);
    auto one = server.connect();
    if (at_work) one.request(1, "abc");
    server.signal(SIGKILL);
    BOOST_TEST(server.wait().signal == SIGKILL);
    BOOST_TEST(wait_until([&] { return std::ranges::all_of(children, gone); }));
  }
}

BOOST_AUTO_TEST_CASE(requests_whose_process_stalls_are_answered_by_a_hedge) {
  const auto cores = allowed_cores();
  if (cores.size() < 2) return; // nobody to hedge to
  auto flags = isolated(stalling());
  flags.insert(flags.end(), {"--inject-stall-core", std::to_string(cores.front())});
  running_texlexd server{flags};
  auto one = server.connect();
  const std::string document = "\\documentclass{article}";
  for (uint64_t id = 1; id <= 5; ++id) {
    one.request(id, document);
    one.expect_counts(id, document);
  }
  server.stop(); // within its bound, though a process stalled
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_frees_its_process_for_the_next) {
  running_texlexd server{isolated(stalling())};
  auto one = server.connect();
  for (uint64_t id = 1; id <= 10; ++id) { // more than there are processes: each has to be free again
    one.request(id, "abc");
    one.cancel(id);
    one.expect(id, status::cancelled);
  }
  server.stop();
  BOOST_TEST(server.log().find("died") == std::string::npos, server.log()); // it stopped, and was not killed for it
}

BOOST_AUTO_TEST_CASE(a_long_document_is_left_in_the_middle_when_it_is_cancelled) {
  running_texlexd server{isolated({"--kernel", "reference", "--document-bytes-max", "50000000"})};
  auto one = server.connect();
  const std::string document(50'000'000, 'a');
  one.request(1, document);
  one.cancel(1);
  const client_response got = one.response();
  BOOST_TEST((got.result.status == status::cancelled || got.result.status == status::ok));
  one.request(2, "abc");
  one.expect_counts(2, "abc");
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_process_that_does_not_stop_when_told_to_is_killed_and_replaced) {
  auto flags = isolated(stalling());
  flags.insert(flags.end(), {"--inject-stall-deaf", "--watchdog-ms", "60000"}); // which would be first
  running_texlexd server{flags};
  const auto before = children_of(server);
  auto one = server.connect();
  one.request(1, "abc");
  one.cancel(1);
  one.expect(1, status::cancelled);
  BOOST_TEST(wait_until([&] { return std::ranges::any_of(before, gone); }));
  BOOST_TEST(all_are_back(server));
  server.stop();
  BOOST_TEST(server.log().find("did not stop when it was told to") != std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(the_worker_line_tells_the_memory_of_the_workers_own_process) {
  running_texlexd server{isolated()};
  server.stop();
  const std::string log = server.log(); // each worker's last line
  const size_t at = log.find("rss=");
  BOOST_REQUIRE(at != std::string::npos);
  const double rss_mb = std::stod(log.substr(at + 4));
  BOOST_TEST(rss_mb > 16.0); // its arenas' resident part
}

BOOST_AUTO_TEST_CASE(the_command_of_a_worker_is_not_for_people) {
  const auto result = run_texlexd({"worker"});
  BOOST_TEST(result.end.exit_status == 2);
  BOOST_TEST(result.errors.find("texlexd serve --isolation process") != std::string::npos, result.errors);
}

BOOST_AUTO_TEST_SUITE_END()
