// What texlexd tells of itself, and attempts that stall on purpose: hedges answer for them.
#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>

#include "runtime/cpu.hpp"
#include "runtime/time.hpp"
#include "test/cli/program_folder.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(stats_test)

namespace {

std::map<std::string, double> stats_of(service_caller& caller, uint64_t id) {
  const auto told = caller.connection().ask_stats(id);
  if (const auto* error = std::get_if<client_error>(&told)) BOOST_FAIL("no stats: " << error->sentence);
  std::istringstream text{std::get<std::string>(told)};
  std::map<std::string, double> numbers;
  std::string name;
  for (double number = 0; text >> name >> number;) numbers[name] = number;
  return numbers;
}

std::vector<std::string> stalling(uint32_t core) {
  return {"--inject-stall-ppm", "1000000", "--inject-stall-us", "30000000", "--inject-stall-core", std::to_string(core),
          "--loop-bytes-max",   "0"};
}

} // namespace

BOOST_AUTO_TEST_CASE(requests_are_told_as_soon_as_they_are_answered) {
  running_texlexd server;
  auto caller = server.connect();
  BOOST_TEST(stats_of(caller, 1).at("texlexd_requests_total") == 0);
  for (uint64_t id = 1; id <= 10; ++id) {
    caller.request(id, "a");
    caller.expect_counts(id, "a");
  }
  const auto now = stats_of(caller, 11);
  BOOST_TEST(now.at("texlexd_requests_total") == 10);
  BOOST_TEST(now.at("texlexd_outcomes_total{status=\"ok\"}") == 10);
  BOOST_TEST(now.at("texlexd_attempts_total") == 10);
  BOOST_TEST(now.at("texlexd_responses_total{status=\"ok\"}") == 10);
  BOOST_TEST(now.at("texlexd_latency_seconds_count") == 10);
  BOOST_TEST(now.at("texlexd_latency_seconds_sum") >= now.at("texlexd_queue_seconds_sum"));
  BOOST_TEST(now.at("texlexd_connections_open") == 1);
  BOOST_TEST(now.at("texlexd_resident_bytes") > 0);
  BOOST_TEST(now.at("texlexd_resident_bytes_peak") >= now.at("texlexd_resident_bytes"));
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_ready_tells_of_its_lanes) {
  running_texlexd server;
  auto caller = server.connect();
  const auto now = stats_of(caller, 1);
  BOOST_TEST(now.at("texlexd_lanes_alive") == static_cast<double>(allowed_cores().size()));
  BOOST_TEST(now.at("texlexd_lanes_starting") == 0);
  BOOST_TEST(now.at("texlexd_lanes_stuck") == 0);
  BOOST_TEST(now.at("texlexd_cores_given_up") == 0);
  server.stop();
}

BOOST_AUTO_TEST_CASE(every_name_told_is_in_the_protocols_document) {
  running_texlexd server;
  auto caller = server.connect();
  const std::string document = read_file(TEXLEX_SOURCE_DIR "/docs/protocol.md");
  for (const auto& [name, number] : stats_of(caller, 1)) {
    const std::string family = name.substr(0, name.find('{'));
    const std::string shown =
      family.substr(0, family.find("_seconds") == std::string::npos ? std::string::npos : family.find("_seconds"));
    BOOST_TEST(document.find(shown) != std::string::npos, name);
  }
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_texlexd_without_a_cluster_tells_of_none_and_the_command_line_says_so) {
  running_texlexd server;
  auto caller = server.connect();
  for (const auto& [name, number] : stats_of(caller, 1)) {
    BOOST_TEST(!name.starts_with("texlexd_cluster"), name);
    BOOST_TEST(!name.starts_with("texlexd_peer"), name);
  }
  const program_folder here;
  const auto status = here.run("cluster status --socket " + server.socket());
  BOOST_TEST(status.status == 5);
  BOOST_TEST(status.output == "");
  BOOST_TEST(status.errors.find(" has no cluster") != std::string::npos, status.errors);
  server.stop();
}

BOOST_AUTO_TEST_CASE(requests_whose_worker_stalls_are_answered_by_a_hedge) {
  const auto cores = allowed_cores();
  if (cores.size() < 2) return; // nobody to hedge to
  running_texlexd server{stalling(cores.front())};
  BOOST_TEST(server.log().find("inject.stall_ppm is set") != std::string::npos);
  auto caller = server.connect();
  const std::string document = "\\documentclass{article}";
  uint64_t id = 0;
  auto told = stats_of(caller, ++id);
  for (const instant until = now() + patience; told.at("texlexd_hedges_fired_total") < 1 && now() < until;) {
    caller.request(++id, document); // its worker may be the one that does not stall, or the other may start yet
    caller.expect_counts(id, document);
    told = stats_of(caller, ++id);
  }
  BOOST_TEST(told.at("texlexd_hedges_fired_total") >= 1);
  BOOST_TEST(told.at("texlexd_hedges_won_total") == told.at("texlexd_hedges_fired_total"));
  server.stop(); // within its bound, though a worker stalls
}

BOOST_AUTO_TEST_CASE(without_hedging_a_stalled_request_may_still_be_cancelled) {
  running_texlexd server{{"--no-hedge", "--inject-stall-ppm", "1000000", "--inject-stall-us", "30000000"}};
  auto caller = server.connect();
  caller.request(1, "a");
  caller.cancel(1);
  caller.expect(1, status::cancelled);
  server.stop();
}

BOOST_AUTO_TEST_CASE(in_overload_who_waits_too_long_is_refused_and_told_when_to_come_back) {
  const std::string core = std::to_string(allowed_cores().front());
  running_texlexd server{{"--queue-target-ms", "5", "--queue-interval-ms", "20", "--cores", core, "--kernel",
                          "reference", "--request-bytes-max", "1000000000"}};
  auto caller = server.connect();
  const std::string document(2u << 20, 'a');
  constexpr uint64_t requests = 60; // half a second of work
  for (uint64_t id = 1; id <= requests; ++id) caller.request(id, document);
  uint64_t ok = 0, refused = 0;
  for (uint64_t i = 0; i < requests; ++i) {
    const outcome result = caller.response().result;
    ok += result.status == status::ok;
    refused += result.status == status::overload;
    if (result.status == status::overload) BOOST_TEST((result.token_count >= 10 && result.token_count <= 1000));
  }
  BOOST_TEST(ok > 0u);
  BOOST_TEST(refused > 0u);
  BOOST_TEST(ok + refused == requests);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_request_that_waits_past_its_time_is_not_begun) {
  const std::string core = std::to_string(allowed_cores().front());
  running_texlexd server{{"--request-timeout-ms", "1", "--cores", core, "--kernel", "reference"}};
  auto caller = server.connect();
  const std::string document(2u << 20, 'a');
  constexpr uint64_t requests = 30;
  for (uint64_t id = 1; id <= requests; ++id) caller.request(id, document);
  uint64_t ok = 0, late = 0;
  for (uint64_t i = 0; i < requests; ++i) {
    const status how = caller.response().result.status;
    ok += how == status::ok;
    late += how == status::deadline_exceeded;
  }
  BOOST_TEST(late > 0u);
  BOOST_TEST(ok + late == requests);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()
