// What signals mean, one by one, as the help tells it.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <thread>

#include "runtime/time.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(signals_test)

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void wait_for_line(const running_texlexd& server, const std::string& line) {
  for (const instant until = now() + patience; now() < until && !says(server.log(), line);)
    std::this_thread::sleep_for(1ms);
  BOOST_TEST(says(server.log(), line), "the log has no " << line << ": " << server.log());
}

void check_that_it_serves(const running_texlexd& server, uint64_t id) {
  auto one = server.connect();
  one.request(id, "abc");
  one.expect_counts(id, "abc");
}

} // namespace

BOOST_AUTO_TEST_CASE(sighup_is_told_in_the_log_and_changes_nothing) {
  running_texlexd server;
  server.signal(SIGHUP);
  wait_for_line(server, "SIGHUP: settings are read at start only");
  check_that_it_serves(server, 1);
  server.stop();
}

BOOST_AUTO_TEST_CASE(sigusr1_logs_all_counts_and_times) {
  running_texlexd server;
  for (uint64_t id = 1; id <= 3; ++id) check_that_it_serves(server, id);
  server.signal(SIGUSR1);
  wait_for_line(server, "[stats] texlexd_bytes_written_total ");
  BOOST_TEST(says(server.log(), "[stats] texlexd_requests_total 3\n"));
  check_that_it_serves(server, 4);
  server.stop();
}

BOOST_AUTO_TEST_CASE(sigusr2_logs_everything_until_the_next_one) {
  running_texlexd server;
  const auto break_off = [&] {
    auto rude = server.connect();
    rude.raw(std::vector<uint8_t>(5, 0));
  };
  server.signal(SIGUSR2);
  wait_for_line(server, "everything is logged now");
  break_off();
  wait_for_line(server, "[debug] a client vanished");
  server.signal(SIGUSR2);
  wait_for_line(server, "logging as set");
  const std::string before = server.log();
  break_off();
  check_that_it_serves(server, 1);
  server.stop();
  BOOST_TEST(!says(server.log().substr(before.size()), "[debug]"));
}

BOOST_AUTO_TEST_CASE(sigquit_ends_it_at_once_and_without_a_core) {
  running_texlexd server{{"--drain-timeout-ms", "600000", "--read-timeout-ms", "600000", "--read-rate-min", "0"}};
  auto one = server.connect();
  one.header(1, 7, 100); // a drain would wait for the rest
  server.signal(SIGQUIT);
  BOOST_TEST(server.wait().exit_status == 1);
  BOOST_TEST(says(server.log(), "SIGQUIT: ending at once"));
}

BOOST_AUTO_TEST_CASE(a_signal_that_comes_while_workers_start_ends_it_in_order) {
  // Arenas so large that faulting them in takes its time.
  const temporary_folder folder;
  const auto result = run_texlexd({"serve", "--unix", folder / "texlex.sock", "--arena-resident-mb", "64",
                                   "--document-bytes-max", "16000000", "--request-bytes-max", "512000000"},
                                  {.shell = "(sleep 1; kill -TERM $$) & :"});
  BOOST_TEST(result.end.exit_status == 0, result.errors);
}

BOOST_AUTO_TEST_SUITE_END()
