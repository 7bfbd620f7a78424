// A worker that hangs in a document and notices nothing: its request is answered by another, its thread is abandoned,
// and past a limit texlexd ends for its service manager.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

#include "actors/exit_status.hpp"
#include "runtime/cpu.hpp"
#include "test/e2e/neighbour.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(stuck_worker_test)

namespace {

// The worker of the first core hangs for half a minute in whatever it is given.
std::vector<std::string> hanging(const char* stuck_max) {
  return {"--loop-alone-us-max",
          "0",
          "--no-hedge",
          "--watchdog-ms",
          "50",
          "--stuck-max",
          stuck_max,
          "--inject-stall-ppm",
          "1000000",
          "--inject-stall-us",
          "30000000",
          "--inject-stall-deaf",
          "--inject-stall-core",
          std::to_string(allowed_cores().front())};
}

// Too long for the I/O thread's own worker, which never hangs.
const std::string document(200'000, 'a');

} // namespace

BOOST_AUTO_TEST_CASE(a_request_whose_worker_hangs_is_answered_by_another) {
  if (allowed_cores().size() < 2) return; // there is no other
  running_texlexd server{hanging("0")};
  auto one = server.connect();
  one.request(1, document);
  one.expect_counts(1, document);
  BOOST_TEST(server.log().find("outlived its watchdog") != std::string::npos);
  // A thread that hangs cannot be waited for: the end is bounded, and says so.
  server.signal(SIGTERM);
  BOOST_TEST(server.wait().exit_status != 0);
}

// It takes several times what one that stands still is given: what counts is that it gets on.
BOOST_AUTO_TEST_CASE(a_worker_that_gets_on_with_a_long_document_is_not_given_up) {
  std::string random;
  random.resize(20'000'000);
  std::mt19937_64 chance{1};
  for (char& byte : random) byte = static_cast<char>(chance());
  for (const char* isolation : {"thread", "process"}) {
    running_texlexd server{{"--isolation", isolation, "--kernel", "reference", "--no-hedge", "--watchdog-ms", "300",
                            "--document-bytes-max", "67108864"}};
    auto one = server.connect();
    one.request(1, random);
    one.expect_counts(1, random);
    const std::string log = server.log();
    for (const char* word : {"outlived", "hangs", "died"}) BOOST_TEST(log.find(word) == std::string::npos, log);
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(when_too_many_hang_the_process_ends_with_a_status_of_its_own) {
  if (allowed_cores().size() < 2) return;
  running_texlexd server{hanging("1")};
  auto one = server.connect();
  one.request(1, document);
  BOOST_TEST(server.wait().exit_status == exit_status::stuck);
}

BOOST_AUTO_TEST_SUITE_END()
