// The grace of a drain: told in the stats and in the log, served as before, and ended by its time or by a signal.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <thread>

#include "runtime/time.hpp"
#include "test/cli/program_folder.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(grace_test)

namespace {

const std::string long_grace = "600000"; // for a test to end it
const std::string serving_more = ": serving for ";
const std::string draining = ": draining for at most ";

bool says(const running_texlexd& server, const std::string& part) {
  return server.log().find(part) != std::string::npos;
}

void wait_for_line(const running_texlexd& server, const std::string& line) {
  for (const instant until = now() + patience; now() < until && !says(server, line);) std::this_thread::sleep_for(1ms);
  BOOST_REQUIRE_MESSAGE(says(server, line), "the log has no " << line << ": " << server.log());
}

bool tells_of_its_end(service_caller& caller, uint64_t id) {
  const auto told = caller.connection().ask_stats(id);
  if (const auto* error = std::get_if<client_error>(&told)) BOOST_FAIL("no stats: " << error->sentence);
  const std::string& text = std::get<std::string>(told);
  const bool is_told = text.find("\ntexlexd_draining 1\n") != std::string::npos;
  BOOST_TEST(is_told != (text.find("\ntexlexd_draining 0\n") != std::string::npos));
  return is_told;
}

} // namespace

BOOST_AUTO_TEST_CASE(in_the_grace_the_stats_tell_of_the_end_and_old_and_new_connections_are_served) {
  running_texlexd server{{"--drain-grace-ms", long_grace}};
  auto old = server.connect();
  BOOST_TEST(!tells_of_its_end(old, 1));
  server.signal(SIGTERM);
  wait_for_line(server, serving_more + long_grace + " ms more");
  BOOST_TEST(tells_of_its_end(old, 2));
  old.request(3, "abc");
  old.expect_counts(3, "abc");
  auto fresh = server.connect();
  fresh.request(1, "xyz");
  fresh.expect_counts(1, "xyz");
  const program_folder here;
  BOOST_TEST(here.run("ping --socket " + server.socket()).status == 0);
  BOOST_TEST(here.run("ping --ready --socket " + server.socket()).status == 6);
  BOOST_TEST(!says(server, draining));
  server.signal(SIGTERM);
  BOOST_TEST(server.wait().exit_status == 0);
  BOOST_TEST(server.log().find(serving_more) < server.log().find(draining));
}

BOOST_AUTO_TEST_CASE(the_grace_ends_by_its_time_and_then_a_second_signal_ends_at_once) {
  running_texlexd server{
    {"--drain-grace-ms", "1", "--drain-timeout-ms", "600000", "--read-timeout-ms", "600000", "--read-rate-min", "0"}};
  auto one = server.connect();
  one.header(1, 7, 100); // a drain waits for the rest
  server.signal(SIGTERM);
  wait_for_line(server, draining);
  BOOST_TEST(server.log().find(serving_more) < server.log().find(draining));
  server.signal(SIGTERM);
  BOOST_TEST(server.wait().exit_status == 1);
  BOOST_TEST(says(server, "a second signal: ending at once"));
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_the_grace_and_a_third_one_ends_at_once) {
  running_texlexd server{{"--drain-grace-ms", long_grace, "--drain-timeout-ms", "600000", "--read-timeout-ms", "600000",
                          "--read-rate-min", "0"}};
  auto one = server.connect();
  one.header(1, 7, 100);
  server.signal(SIGINT);
  wait_for_line(server, serving_more);
  server.signal(SIGTERM);
  wait_for_line(server, draining);
  server.signal(SIGINT);
  BOOST_TEST(server.wait().exit_status == 1);
  BOOST_TEST(says(server, "a third signal: ending at once"));
}

BOOST_AUTO_TEST_CASE(other_signals_mean_in_the_grace_what_they_always_do) {
  running_texlexd server{{"--drain-grace-ms", long_grace}};
  server.signal(SIGTERM);
  wait_for_line(server, serving_more);
  server.signal(SIGUSR1);
  wait_for_line(server, "[stats] texlexd_draining 1\n");
  server.signal(SIGHUP);
  wait_for_line(server, "SIGHUP: settings are read at start only");
  server.signal(SIGQUIT);
  BOOST_TEST(server.wait().exit_status == 1);
  BOOST_TEST(says(server, "SIGQUIT: ending at once"));
}

BOOST_AUTO_TEST_CASE(by_default_there_is_no_grace) {
  running_texlexd server;
  server.stop();
  BOOST_TEST(says(server, draining));
  BOOST_TEST(!says(server, serving_more));
}

BOOST_AUTO_TEST_SUITE_END()
