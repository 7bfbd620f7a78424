// A log that nobody reads, or that cannot be written: the service, its signals, its drain and its stats go on.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include <sys/resource.h>

#include "runtime/time.hpp"
#include "test/e2e/pipe_of_the_test.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(log_test)

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string stats_of(const running_texlexd& server) {
  auto caller = server.connect();
  const auto told = caller.connection().ask_stats(1);
  if (const auto* error = std::get_if<client_error>(&told)) BOOST_FAIL("no stats: " << error->sentence);
  return std::get<std::string>(told);
}

uint64_t lines_dropped(const running_texlexd& server) {
  std::istringstream text{stats_of(server)};
  std::string name;
  for (std::string value; text >> name >> value;)
    if (name == "texlexd_log_lines_dropped_total") return std::stoull(value);
  BOOST_FAIL("the stats do not tell of lines that are missing");
  return 0;
}

// At the level debug each such client is a line.
void break_off(const running_texlexd& server, int times) {
  for (int i = 0; i < times; ++i) {
    auto rude = server.connect();
    rude.raw(std::vector<uint8_t>(5, 0));
  }
}

void check_that_it_serves(const running_texlexd& server, uint64_t id) {
  auto one = server.connect();
  one.request(id, "abc");
  one.expect_counts(id, "abc");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_pipe_nobody_reads_costs_lines_which_are_counted_and_told_once_it_flows) {
  pipe_of_the_test log;
  running_texlexd server{surroundings{.errors = log.end()}, {"--log-level", "debug"}};
  uint64_t dropped = 0;
  for (uint64_t round = 1; dropped == 0 && round <= 50; ++round) {
    break_off(server, 500);
    check_that_it_serves(server, round);
    dropped = lines_dropped(server);
  }
  BOOST_TEST(dropped > 0u);
  BOOST_TEST(says(log.read_until("were left out of the log"), "lines were left out of the log"));
  break_off(server, 200); // and it is full again
  server.stop();
}

BOOST_AUTO_TEST_CASE(signals_are_heard_while_nobody_reads_the_log) {
  for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
    pipe_of_the_test log;
    log.fill();
    running_texlexd server{surroundings{.errors = log.end()}, {"--log-level", "debug"}};
    check_that_it_serves(server, 1);
    server.signal(number);
    BOOST_TEST(server.wait().exit_status == (number == SIGQUIT ? 1 : 0));
    BOOST_TEST(!std::filesystem::exists(server.socket()) == (number != SIGQUIT));
  }
}

BOOST_AUTO_TEST_CASE(a_full_log_does_not_keep_a_second_signal_from_ending_it) {
  pipe_of_the_test log;
  log.fill();
  running_texlexd server{surroundings{.errors = log.end()},
                         {"--drain-timeout-ms", "600000", "--read-timeout-ms", "600000", "--read-rate-min", "0"}};
  auto one = server.connect();
  one.header(1, 7, 100); // keeps the drain waiting
  server.signal(SIGTERM);
  for (const instant until = now() + patience; std::filesystem::exists(server.socket()) && now() < until;)
    std::this_thread::yield();
  server.signal(SIGTERM);
  BOOST_TEST(server.wait().exit_status == 1);
}

BOOST_AUTO_TEST_CASE(a_ready_line_nobody_takes_keeps_nobody_waiting) {
  pipe_of_the_test output;
  output.fill();
  running_texlexd server{surroundings{.output = output.end()}, {}};
  check_that_it_serves(server, 1);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_is_counted_and_no_more) {
  const owned_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  pipe_of_the_test closed;
  closed.close_read_end();
  for (const int errors : {full.get(), closed.end()}) {
    running_texlexd server{surroundings{.errors = errors}, {"--log-level", "debug"}};
    break_off(server, 100);
    check_that_it_serves(server, 1);
    BOOST_TEST(lines_dropped(server) > 0u);
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(what_it_prints_instead_of_serving_and_cannot_is_an_error) {
  const owned_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--version"}, {"--help"}, {"serve", "--help"}, {"serve", "--print-config"}}) {
    const auto result = run_texlexd(arguments, {.output = full.get()});
    BOOST_TEST(result.end.exit_status == 4);
    BOOST_TEST(result.errors == "texlexd: cannot write to standard output: No space left on device\n");
  }
}

BOOST_AUTO_TEST_CASE(closed_standard_streams_are_never_taken_for_sockets) {
  running_texlexd server{surroundings{.shell = "exec 0<&- 2>&-"}, {}};
  for (const char* stream : {"0", "2"}) {
    const auto where = std::filesystem::read_symlink("/proc/" + std::to_string(server.pid()) + "/fd/" + stream);
    BOOST_TEST(where == "/dev/null");
  }
  check_that_it_serves(server, 1);
  server.stop();
}

BOOST_AUTO_TEST_CASE(the_same_warning_over_and_over_is_told_once_and_then_by_its_number) {
  running_texlexd server{{"--isolation", "process"}};
  auto one = server.connect();
  one.request(0, "abc");
  one.expect_counts(0, "abc");
  const rlimit none{.rlim_cur = 0, .rlim_max = 20'000};
  BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, &none, nullptr) == 0); // no further document gets its file
  constexpr uint64_t refused = 500;
  const std::string document(100'000, 'a');
  for (uint64_t id = 1; id <= refused; ++id) {
    one.request(id, document);
    one.expect(id, status::overload);
  }
  const std::string log = server.log();
  uint64_t lines = 0;
  for (size_t at = 0; (at = log.find("no memory for a document", at)) != std::string::npos; ++at) ++lines;
  BOOST_TEST(lines >= 1u);
  BOOST_TEST(lines <= refused / 10);
  const rlimit again{.rlim_cur = 20'000, .rlim_max = 20'000};
  BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, &again, nullptr) == 0);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()
