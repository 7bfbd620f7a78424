// Documents so small that the I/O thread tokenizes them itself: answered like all others, by a worker that may stall,
// die and be replaced like all others, and keep no connection waiting meanwhile.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>
#include <string>
#include <thread>

#include "runtime/time.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(small_documents_test)

namespace {

// How many attempts the last line of the I/O thread's worker tells; none: there is no such line.
std::optional<int> attempts_of_the_loop(const std::string& log) {
  static const std::regex line{R"(\[worker\] core=io req=(\d+))"};
  std::optional<int> last;
  for (std::sregex_iterator match{log.begin(), log.end(), line}, end; match != end; ++match)
    last = std::stoi((*match)[1]);
  return last;
}

// Until then small documents are for the others.
void wait_for_the_loops_worker(const running_texlexd& server) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(std::chrono::milliseconds{5}))
    if (server.log().find("the worker of the I/O thread") != std::string::npos) return;
  BOOST_FAIL("the I/O thread has no worker: " << server.log());
}

void serve_some(const running_texlexd& server, uint64_t count, const std::string& document) {
  auto one = server.connect();
  for (uint64_t id = 1; id <= count; ++id) {
    one.request(id, document);
    one.expect_counts(id, document);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(small_documents_are_the_io_threads_own_and_large_ones_are_not) {
  running_texlexd server{{"--loop-us-max", "1000", "--loop-alone-us-max", "0", "--log-level", "debug"}};
  wait_for_the_loops_worker(server);
  serve_some(server, 100, "Hi \\TeX");
  serve_some(server, 10, std::string(100'000, 'a'));
  server.stop();
  const auto told = attempts_of_the_loop(server.log());
  BOOST_REQUIRE(told);
  BOOST_TEST(*told > 50); // the first may come before its worker is ready
  BOOST_TEST(*told <= 100);
}

BOOST_AUTO_TEST_CASE(a_large_one_that_is_alone_is_the_io_threads_too) {
  running_texlexd server{{"--loop-alone-us-max", "10000", "--log-level", "debug"}};
  wait_for_the_loops_worker(server);
  serve_some(server, 100, std::string(100'000, 'a'));
  server.stop();
  const auto told = attempts_of_the_loop(server.log());
  BOOST_REQUIRE(told);
  BOOST_TEST(*told > 50);
}

BOOST_AUTO_TEST_CASE(without_such_documents_and_with_process_isolation_there_is_no_such_worker) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--loop-bytes-max", "0"}, {"--isolation", "process"}}) {
    running_texlexd server{flags};
    serve_some(server, 20, "Hi \\TeX");
    server.stop();
    BOOST_TEST(!attempts_of_the_loop(server.log()));
  }
}

BOOST_AUTO_TEST_CASE(an_attempt_of_the_io_thread_that_stalls_keeps_no_connection_waiting) {
  running_texlexd server{{"--no-hedge", "--inject-stall-ppm", "1000000", "--inject-stall-us", "300000"}};
  auto stalled = server.connect();
  stalled.request(1, "a");
  auto other = server.connect();
  for (uint64_t id = 1; id <= 5; ++id) // each is one pass of the loop at least
    BOOST_TEST(std::holds_alternative<std::string>(other.connection().ask_stats(id)));
  stalled.expect_silence();
  stalled.expect(1, status::ok);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_stalled_attempt_of_the_io_thread_is_hedged_on_a_worker) {
  // Half of all attempts stall: where the first does and its copy does not, the copy wins.
  running_texlexd server{{"--no-hedge-adaptive", "--hedge-delay-us", "1000", "--hedge-budget-percent", "100",
                          "--hedge-ceiling-percent", "100", "--inject-stall-ppm", "500000", "--inject-stall-us",
                          "300000", "--inject-seed", "3"}};
  serve_some(server, 20, "a");
  server.stop();
  BOOST_TEST(server.log().find("wins=0") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_io_threads_worker_dies_of_a_document_and_is_started_again) {
  running_texlexd server{
    {"--test-crash-marker", "%die", "--test-crash-count", "1", "--loop-us-max", "1000", "--log-level", "debug"}};
  wait_for_the_loops_worker(server);
  serve_some(server, 200, "harmless"); // the broker may not have heard of it yet
  auto one = server.connect();
  one.request(1, "%die");
  one.expect_counts(1, "%die");
  serve_some(server, 20, "harmless");
  server.stop();
  BOOST_TEST(std::regex_search(server.log(), std::regex{R"(the worker of the I/O thread \(lane \d+\) died)"}));
}

BOOST_AUTO_TEST_SUITE_END()
