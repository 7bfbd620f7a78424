// How texlexd starts, what it refuses to start on, and how it ends.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "kernels/kernels.hpp"
#include "runtime/time.hpp"
#include "test/e2e/neighbour.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(life_test)

namespace {

namespace fs = std::filesystem;

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What a person reads last.
std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  return end == std::string::npos ? "" : text.substr(text.rfind('\n', end) + 1);
}

// Its socket is the first thing to go.
void wait_until_it_drains(const running_texlexd& server) {
  for (const instant until = now() + patience; fs::exists(server.socket()) && now() < until;) std::this_thread::yield();
}

} // namespace

BOOST_AUTO_TEST_SUITE(starting)

BOOST_AUTO_TEST_CASE(the_ready_line_tells_how_to_reach_it) {
  running_texlexd server{{"--tcp-port", "0"}};
  const std::string line = server.ready_line();
  BOOST_TEST(line.starts_with("texlexd ready: unix " + server.socket() + " tcp 127.0.0.1:"));
  BOOST_TEST(says(line, " kernel " + std::string{find_kernel("best")->name} + " workers "));
  BOOST_TEST(says(line, " pid " + std::to_string(server.pid()) + "\n"));
  server.stop();
}

BOOST_AUTO_TEST_CASE(the_socket_is_its_users_alone_unless_told_otherwise) {
  for (const auto& [flags, mode] : {std::pair{std::vector<std::string>{}, 0600u}, {{"--unix-mode", "0660"}, 0660u}}) {
    running_texlexd server{flags};
    struct stat found {};
    BOOST_REQUIRE(::stat(server.socket().c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777u) == mode);
    server.stop();
  }
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_live_server_is_refused_and_left_alone) {
  running_texlexd server;
  const auto second = run_texlexd({"serve", "--unix", server.socket()});
  BOOST_TEST(second.end.exit_status == 4);
  BOOST_TEST(says(second.errors, server.socket()), second.errors);
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  server.stop();
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_dead_server_is_replaced) {
  const temporary_folder folder;
  {
    running_texlexd killed{folder / "texlex.sock", {}};
    killed.signal(SIGKILL);
    BOOST_TEST(killed.wait().signal == SIGKILL);
  }
  BOOST_TEST(fs::exists(folder / "texlex.sock"));
  running_texlexd server{folder / "texlex.sock", {}};
  auto one = server.connect();
  one.request(1, "abc");
  one.expect_counts(1, "abc");
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_socket_is_refused_and_left_alone) {
  const temporary_folder folder;
  const std::string path = folder.write("paper.tex", "precious");
  const auto result = run_texlexd({"serve", "--unix", path});
  BOOST_TEST(result.end.exit_status == 4);
  BOOST_TEST(says(result.errors, path), result.errors);
  BOOST_TEST(read_file(path) == "precious");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_named) {
  running_texlexd server{{"--tcp-port", "0"}};
  const std::string line = server.ready_line();
  const size_t at = line.find("127.0.0.1:") + 10;
  const std::string port = line.substr(at, line.find(' ', at) - at);
  const auto second = run_texlexd({"serve", "--tcp-port", port});
  BOOST_TEST(second.end.exit_status == 4);
  BOOST_TEST(says(second.errors, port), second.errors);
  server.stop();
}

BOOST_AUTO_TEST_CASE(what_keeps_it_from_serving_is_named_in_the_last_line) {
  const temporary_folder folder;
  for (const auto& [flags, named] : {std::pair{std::vector<std::string>{"--unix", folder / "none/texlex.sock"}, "none"},
                                     {{"--unix", folder / "texlex.sock", "--cores", "9999"}, "9999"},
                                     {{"--tcp-port", "0", "--tcp-address", "192.0.2.1"}, "192.0.2.1"}}) {
    std::vector<std::string> arguments{"serve"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto result = run_texlexd(arguments);
    BOOST_TEST(result.end.exit_status == 4);
    BOOST_TEST(says(last_line(result.errors), named), result.errors << " does not name at its end " << named);
    BOOST_TEST(!fs::exists(folder / "texlex.sock"));
  }
}

// A sanitizer's own memory is beyond any such limit.
#if !defined(TEXLEX_SANITIZED)
BOOST_AUTO_TEST_CASE(if_no_worker_can_be_started_it_says_so_and_ends) {
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  const rlimit low{rlim_t{1} << 30, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_AS, &low) == 0);
  // An arena for documents of 250 MiB takes more than the gibibyte there is.
  const auto result = run_texlexd({"serve", "--tcp-port", "0", "--document-bytes-max", "262144000"});
  BOOST_REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  BOOST_TEST(result.end.exit_status == 4);
  BOOST_TEST(says(result.errors, "cannot serve: no worker could be started"), result.errors);
  BOOST_TEST(result.output == "");
}
#endif

BOOST_AUTO_TEST_CASE(mistakes_in_its_settings_are_usage_errors_that_name_the_setting) {
  const temporary_folder folder;
  const std::string config = folder.write("texlexd.toml", "[server]\nconections_max = 3\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes{
    {{}, "subcommand"},
    {{"bogus"}, "there is no subcommand or option \"bogus\" here; texlexd --help lists them"},
    {{"serve", "bo\ngus"}, "\"bo\\x0Agus\" is not expected here; texlexd serve --help tells more"},
    {{"serve", "--conections-max", "3"}, "--conections-max"},
    {{"serve", "--connections-max", "0"}, "server.connections_max"},
    {{"serve", "--connections-max", "many"}, "--connections-max"},
    {{"serve", "--regime", "latexx"}, "latexx"},
    {{"serve", "--kernel", "avx9"}, "avx9"},
    {{"serve", "--config", config}, "conections_max"},
    {{"serve", "--config", folder / "none.toml"}, "none.toml"},
  };
  for (const auto& [arguments, named] : mistakes) {
    const auto result = run_texlexd(arguments);
    BOOST_TEST(result.end.exit_status == 2);
    BOOST_TEST(says(result.errors, named), result.errors << " does not name " << named);
    BOOST_TEST(result.errors.starts_with("texlexd: "), result.errors);
    BOOST_TEST(result.errors.find('\n') == result.errors.size() - 1, result.errors);
  }
}

BOOST_AUTO_TEST_CASE(settings_come_from_a_file_and_flags_override_it) {
  const temporary_folder folder;
  const std::string config =
    folder.write("texlexd.toml", "[limits]\ndocument_bytes_max = 10\n[server]\ntcp_port = 0\n");
  running_texlexd server{{"--config", config, "--document-bytes-max", "20"}};
  auto one = server.connect_tcp();
  one.request(1, std::string(20, 'a'));
  one.expect(1, status::ok);
  one.request(2, std::string(21, 'a'));
  one.expect(2, status::document_too_large);
  server.stop();
}

BOOST_AUTO_TEST_CASE(it_raises_its_limit_on_open_files_as_far_as_it_may) {
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{64, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  running_texlexd server; // which inherits 64
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<service_caller> callers;
  for (uint64_t id = 0; id < 200; ++id) {
    callers.push_back(server.connect());
    callers.back().request(id, "abc");
    callers.back().expect_counts(id, "abc");
  }
  callers.clear();
  server.stop();
}

BOOST_AUTO_TEST_CASE(of_65000_connections_as_many_are_served_as_files_may_be_open) {
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlim_t files = std::min<rlim_t>(before.rlim_max, 65'536), idle = std::min<rlim_t>(files - 64, 5000);
  const rlimit raised{files, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &raised) == 0);
  running_texlexd server{{"--connections-max", "65000"}};
  std::vector<service_caller> callers;
  for (rlim_t i = 0; i < idle; ++i) callers.push_back(server.connect());
  for (uint64_t id : {uint64_t{0}, idle / 2, idle - 1}) {
    callers[id].request(id, "abc");
    callers[id].expect_counts(id, "abc");
  }
  callers.clear();
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ending)

BOOST_AUTO_TEST_CASE(sigterm_answers_what_was_accepted_removes_the_socket_and_exits_0) {
  for (const int number : {SIGTERM, SIGINT}) {
    running_texlexd server;
    auto one = server.connect();
    const std::string document(1u << 20, 'a');
    constexpr uint64_t refused = 17;
    for (uint64_t id = 1; id < refused; ++id) one.request(id, document);
    one.header(1, refused, 65u << 20); // refused from its header: then all before it were accepted
    std::map<uint64_t, status> statuses;
    const auto take = [&] {
      const client_response got = one.response();
      BOOST_TEST(statuses.emplace(got.id, got.result.status).second);
    };
    while (!statuses.contains(refused)) take();
    server.signal(number);
    one.raw(std::vector<uint8_t>(65u << 20));
    while (statuses.size() < refused) take();
    BOOST_TEST(statuses.at(refused) == status::document_too_large);
    for (uint64_t id = 1; id < refused; ++id) BOOST_TEST(statuses.at(id) == status::ok);
    one.expect_end();
    BOOST_TEST(server.wait().exit_status == 0);
    BOOST_TEST(!fs::exists(server.socket()));
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_done_when_the_drain_runs_out_is_told_so) {
  running_texlexd server{{"--drain-timeout-ms", "10", "--cores", "0", "--kernel", "reference"}};
  auto one = server.connect();
  const std::string document(2u << 20, 'a');
  for (uint64_t id = 1; id <= 60; ++id) one.request(id, document); // half a second of work
  std::map<status, uint64_t> statuses;
  ++statuses[one.response().result.status];
  server.signal(SIGTERM);
  for (int i = 1; i < 60; ++i) ++statuses[one.response().result.status];
  BOOST_TEST(statuses[status::ok] + statuses[status::shutting_down] == 60u);
  BOOST_TEST(statuses[status::shutting_down] > 0u);
  one.expect_end();
  BOOST_TEST(server.wait().exit_status == 0);
}

BOOST_AUTO_TEST_CASE(who_has_connected_before_the_signal_is_told_of_the_end) {
  running_texlexd server;
  for (int round = 0; round < 50; ++round) {
    auto one = server.connect(); // perhaps not accepted yet
    one.request(1, "abc");
    if (round == 49) server.signal(SIGTERM);
    const status got = one.response().result.status;
    BOOST_TEST((got == status::ok || (round == 49 && got == status::shutting_down)));
  }
  BOOST_TEST(server.wait().exit_status == 0);
}

BOOST_AUTO_TEST_CASE(an_idle_server_with_idle_connections_ends_at_once) {
  running_texlexd server;
  std::vector<service_caller> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(server.connect());
  server.stop();
  for (auto& each : idle) each.expect_end();
}

BOOST_AUTO_TEST_CASE(nobody_gets_in_while_it_drains) {
  running_texlexd server{{"--drain-timeout-ms", "2000", "--read-rate-min", "0"}}; // else it is too slow a client
  auto one = server.connect();
  one.header(1, 7, 100); // a request that is never sent to its end keeps the drain waiting
  one.raw(std::vector<uint8_t>(50));
  server.signal(SIGTERM);
  wait_until_it_drains(server);
  BOOST_TEST(std::holds_alternative<client_error>(client::connect_unix(server.socket(), patience)));
  one.expect(7, status::shutting_down);
  BOOST_TEST(server.wait().exit_status == 0);
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_it_at_once) {
  running_texlexd server{{"--drain-timeout-ms", "600000", "--read-timeout-ms", "600000", "--read-rate-min", "0"}};
  auto one = server.connect();
  one.header(1, 7, 100);
  server.signal(SIGTERM);
  wait_until_it_drains(server);
  server.signal(SIGTERM);
  BOOST_TEST(server.wait().exit_status == 1);
}

BOOST_AUTO_TEST_CASE(a_thread_that_hangs_does_not_hang_the_end) {
  running_texlexd server{{"--no-hedge", "--drain-timeout-ms", "10", "--inject-stall-ppm", "1000000",
                          "--inject-stall-us", "60000000", "--inject-stall-deaf", "--loop-bytes-max", "0"}};
  auto one = server.connect();
  one.request(1, "abc");
  one.header(1, 2, 65u << 20); // refused from its header: then the one before was accepted
  one.expect(2, status::document_too_large);
  server.signal(SIGTERM);
  one.expect(1, status::shutting_down);
  BOOST_TEST(server.wait().exit_status == 1); // the bound of the shutdown
  BOOST_TEST(says(server.log(), "did not end within"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
