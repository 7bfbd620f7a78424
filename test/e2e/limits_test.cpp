// The system's limits: what they leave room for is found out at the start, and said with the number needed.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "test/e2e/pipe_of_the_test.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(limits_test)

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_CASE(with_256_files_connections_leave_room_for_documents_in_flight) {
  running_texlexd server{surroundings{.shell = "ulimit -n 256"}, {"--isolation", "process"}};
  BOOST_TEST(says(server.log(), "this process may open 256 files, and what is set needs "));
  BOOST_TEST(says(server.log(), "server.connections_max is "));
  std::vector<service_caller> idle; // as many as get in; the others are told so
  for (int i = 0; i < 249; ++i) idle.push_back(server.connect());
  std::this_thread::sleep_for(std::chrono::milliseconds{200}); // who has sent nothing for a moment makes room
  auto one = server.connect();
  const std::string document(4096, 'a');
  for (uint64_t id = 1; id <= 200; ++id) one.request(id, document); // all at once
  uint64_t served = 0;
  for (int i = 0; i < 200; ++i) served += one.response().result.status == status::ok;
  BOOST_TEST(served == 200u);
  idle.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(with_too_few_files_for_a_service_it_does_not_start_and_says_how_many_it_needs) {
  const auto result = run_texlexd({"serve", "--tcp-port", "0", "--isolation", "process"}, {.shell = "ulimit -n 64"});
  BOOST_TEST(result.end.exit_status == 4);
  BOOST_TEST(says(result.errors, "this process may open 64 files; it needs "), result.errors);
  BOOST_TEST(says(result.errors, "RLIMIT_NOFILE"), result.errors);
}

BOOST_AUTO_TEST_CASE(where_no_file_may_grow_it_serves_with_threads_and_a_log_that_is_not_written) {
  pipe_of_the_test output;
  running_texlexd server{surroundings{.shell = "ulimit -f 0", .output = output.end()}, {"--log-level", "debug"}};
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  server.stop();
}

BOOST_AUTO_TEST_CASE(where_no_file_may_grow_processes_that_share_documents_are_refused) {
  pipe_of_the_test output, errors;
  const auto result = run_texlexd({"serve", "--tcp-port", "0", "--isolation", "process"},
                                  {.shell = "ulimit -f 0", .output = output.end(), .errors = errors.end()});
  BOOST_TEST(result.end.exit_status == 4);
  const std::string said = errors.read_until("\n");
  BOOST_TEST(says(said, "RLIMIT_FSIZE is 0"), said);
}

BOOST_AUTO_TEST_CASE(a_limit_on_files_that_may_be_raised_is_raised) {
  pipe_of_the_test output;
  running_texlexd server{surroundings{.shell = "ulimit -S -f 0", .output = output.end()}, {"--isolation", "process"}};
  auto one = server.connect();
  const std::string document(2u << 20, 'a');
  one.request(1, document);
  one.expect_counts(1, document);
  server.stop();
}

// A sanitizer's own memory is beyond any such limit.
#if !defined(TEXLEX_SANITIZED)
BOOST_AUTO_TEST_CASE(with_too_little_address_space_it_tries_nothing_and_says_how_much_it_needs) {
  for (const char* isolation : {"thread", "process"}) {
    const auto result = run_texlexd({"serve", "--tcp-port", "0", "--document-bytes-max", "262144000", "--isolation",
                                     isolation, "--log-level", "debug"},
                                    {.shell = "ulimit -v 1000000"});
    BOOST_TEST(result.end.exit_status == 4);
    BOOST_TEST(says(result.errors, "MiB of address space"), result.errors);
    BOOST_TEST(says(result.errors, "RLIMIT_AS is 977 MiB"), result.errors);
    BOOST_TEST(!says(result.errors, "again"), result.errors); // no restarts, with a wait before each
  }
}

BOOST_AUTO_TEST_CASE(with_little_address_space_but_enough_it_serves) {
  for (const char* isolation : {"thread", "process"}) {
    running_texlexd server{surroundings{.shell = "ulimit -v 400000"},
                           {"--isolation", isolation, "--cores", "0", "--document-bytes-max", "2097152"}};
    auto one = server.connect();
    const std::string document(1u << 20, 'a');
    for (uint64_t id = 1; id <= 20; ++id) {
      one.request(id, document);
      one.expect_counts(id, document);
    }
    server.stop();
  }
}
#endif

BOOST_AUTO_TEST_CASE(who_holds_a_lock_on_the_sockets_folder_does_not_keep_it_from_starting) {
  const temporary_folder folder;
  const owned_fd held{::open((folder / "").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  BOOST_REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  running_texlexd server{folder / "texlex.sock", {}};
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  server.stop();
}

BOOST_AUTO_TEST_CASE(of_two_that_start_on_a_dead_ones_socket_one_serves) {
  const temporary_folder folder;
  const std::string socket = folder / "texlex.sock";
  for (int round = 0; round < 5; ++round) {
    {
      running_texlexd killed{socket, {}};
      killed.signal(SIGKILL);
      BOOST_TEST(killed.wait().signal == SIGKILL);
    }
    // Both are started at once; the first to end has found the socket taken, and then the other is told to end.
    const std::string both = "texlexd=$1; for i in 1 2; do \"$texlexd\" serve --unix " + socket
                             + " & done; wait -n; echo status $? >&2; kill %1 %2 2>&-; wait; exit 0";
    const auto result = run_texlexd({}, {.shell = "exec bash -c '" + both + "' bash \"$1\""});
    BOOST_TEST(says(result.errors, "another server is listening there"), result.errors);
    BOOST_TEST(says(result.errors, "status 4"), result.errors);
    BOOST_TEST(says(result.output, "texlexd ready: unix " + socket), result.output);
    BOOST_TEST(result.output.find("texlexd ready") == result.output.rfind("texlexd ready"), result.output);
    BOOST_TEST(std::filesystem::is_empty(folder / ""));
  }
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_no_socket_is_named) {
  const temporary_folder folder;
  for (const std::string& path : {folder / "", (folder / "").substr(0, (folder / "").size() - 1)}) {
    const auto result = run_texlexd({"serve", "--unix", path});
    BOOST_TEST(result.end.exit_status == 4);
    BOOST_TEST(says(result.errors, "folder"), result.errors);
  }
}

BOOST_AUTO_TEST_CASE(settings_that_are_no_file_are_an_error_at_once) {
  const temporary_folder folder;
  const std::string pipe = folder / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string huge = folder.write("huge.toml", "# " + std::string(2u << 20, 'x') + "\n");
  for (const auto& [path, why] : {std::pair<std::string, std::string>{folder / "", "it is a folder"},
                                  {pipe, "it is no regular file"},
                                  {"/dev/zero", "it is no regular file"},
                                  {huge, "it has more than 1048576 bytes"},
                                  {folder / "none.toml", "No such file"},
                                  {"", "empty name"}}) {
    const auto result = run_texlexd({"serve", "--tcp-port", "0", "--config", path});
    BOOST_TEST(result.end.exit_status == 2);
    BOOST_TEST(says(result.errors, why), result.errors);
  }
  BOOST_TEST(run_texlexd({"serve", "--tcp-port", "0", "--profile", ""}).end.exit_status == 2);
}

BOOST_AUTO_TEST_SUITE_END()
