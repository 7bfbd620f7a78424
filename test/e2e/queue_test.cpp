// Who is let wait for a worker, and who is refused. Counts only: how long things take is measured in bench/.
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(queue_test)

namespace {

struct answers {
  std::atomic<uint64_t> ok = 0, overload = 0, other = 0;

  void count(status how) { ++(how == status::ok ? ok : how == status::overload ? overload : other); }
};

/// A client that sends a request, waits for its answer and sends the next one at once.
void closed_loop(service_caller caller, const std::string& document, uint64_t requests, answers& seen) {
  for (uint64_t id = 1; id <= requests; ++id) {
    if (caller.connection().send_request(id, document)) return;
    const auto got = caller.connection().receive();
    const auto* response = std::get_if<client_response>(&got);
    if (response == nullptr) return;
    seen.count(response->result.status);
  }
}

std::string prose(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "It was a dark and stormy night; the rain fell in torrents.\n";
  text.resize(bytes);
  return text;
}

std::string random_bytes(size_t bytes) {
  std::mt19937_64 dice{1};
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(dice());
  return text;
}

/// The queue as it is shipped, not as tests have it otherwise.
std::vector<std::string> as_shipped(std::vector<std::string> flags = {}) {
  flags.insert(flags.end(), {"--queue-target-ms", "5", "--queue-interval-ms", "100"});
  return flags;
}

} // namespace

BOOST_AUTO_TEST_CASE(clients_that_wait_for_their_answers_are_not_refused_on_a_slow_machine) {
  running_texlexd server{as_shipped(
    {"--inject-stall-ppm", "1000000", "--inject-stall-us", "10000", "--no-hedge", "--watchdog-ms", "60000"})};
  const std::string document = prose(1'100'000);
  for (const uint32_t clients : {8u, 16u, 64u}) {
    answers seen;
    std::vector<std::thread> callers;
    for (uint32_t i = 0; i < clients; ++i)
      callers.emplace_back([&] { closed_loop(server.connect(), document, 5, seen); });
    for (std::thread& each : callers) each.join();
    BOOST_TEST_CONTEXT(clients << " clients") {
      BOOST_TEST(seen.overload == 0u);
      BOOST_TEST(seen.ok == 5 * clients);
    }
  }
  server.stop();
}

// Each of those documents takes thousands of times as long as each of these.
BOOST_AUTO_TEST_CASE(a_client_of_small_documents_is_not_refused_beside_four_that_send_random_bytes) {
  for (const char* isolation : {"thread", "process"}) {
    running_texlexd server{as_shipped({"--isolation", isolation})};
    const std::string hostile = random_bytes((2u << 20) - 4), small = prose(4096), larger = prose(40'000);
    answers of_hostile, of_small, of_larger;
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) callers.emplace_back([&] { closed_loop(server.connect(), hostile, 15, of_hostile); });
    callers.emplace_back([&] { closed_loop(server.connect(), small, 300, of_small); });
    callers.emplace_back([&] { closed_loop(server.connect(), larger, 100, of_larger); });
    for (std::thread& each : callers) each.join();
    BOOST_TEST_CONTEXT(isolation) {
      BOOST_TEST(of_small.ok == 300u);
      BOOST_TEST(of_larger.ok == 100u);
      BOOST_TEST(of_hostile.ok == 60u);
    }
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_floods_is_refused_and_one_that_waits_is_not) {
  running_texlexd server{as_shipped({"--inject-stall-ppm", "1000000", "--inject-stall-us", "5000", "--no-hedge",
                                     "--watchdog-ms", "60000", "--requests-per-connection-max", "512"})};
  const std::string document = prose(40'000);
  answers of_flood, of_patient;
  service_caller flood = server.connect();
  std::thread reader{[&] {
    for (int i = 0; i < 2000; ++i) {
      const auto got = flood.connection().receive();
      if (const auto* response = std::get_if<client_response>(&got)) of_flood.count(response->result.status);
    }
  }};
  std::thread patient{[&] { closed_loop(server.connect(), document, 40, of_patient); }};
  for (uint64_t id = 1; id <= 2000; ++id) flood.request(id, document);
  reader.join();
  patient.join();
  BOOST_TEST(of_patient.ok == 40u);
  BOOST_TEST(of_flood.overload > 100u);
  BOOST_TEST(of_flood.ok > 10u);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()
