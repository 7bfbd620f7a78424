// `texlex ping` as a probe meets it.
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>

#include "test/cli/program_folder.hpp"
#include "test/unit/load/scripted_server.hpp"

namespace test = texlex::test;

BOOST_AUTO_TEST_SUITE(ping_program_test)

namespace {

/// Tells that and serves nothing else.
struct telling_server : test::scripted_server {
  explicit telling_server(std::optional<std::string> stats)
    : scripted_server([](uint64_t, size_t) { return test::scripted_answer{}; }, std::move(stats)) {}
};

} // namespace

BOOST_AUTO_TEST_CASE(a_texlexd_that_serves_is_told_by_the_exit_status_alone) {
  const telling_server server{"texlexd_requests_total 1\ntexlexd_draining 0\n"};
  const test::program_folder here;
  for (const std::string flag : {"", "--ready "}) {
    const auto result = here.run("ping " + flag + "--socket " + server.path());
    BOOST_TEST(result.status == 0);
    BOOST_TEST(result.output.empty());
    BOOST_TEST(result.errors.empty());
  }
}

BOOST_AUTO_TEST_CASE(one_that_drains_serves_and_is_not_ready) {
  const telling_server server{"texlexd_requests_total 1\ntexlexd_draining 1\n"};
  const test::program_folder here;
  BOOST_TEST(here.run("ping --socket unix:" + server.path()).status == 0);
  const auto ready = here.run("ping --ready --socket unix:" + server.path());
  BOOST_TEST(ready.status == 6);
  BOOST_TEST(ready.errors == "texlex: the texlexd at " + server.path() + " drains\n");
}

BOOST_AUTO_TEST_CASE(who_is_not_there_or_does_not_answer_ends_it_with_4) {
  const test::program_folder here;
  const auto missing = here.run("ping --ready --socket " + (here / "none.sock"));
  BOOST_TEST(missing.status == 4);
  BOOST_TEST(
    missing.errors.starts_with("texlex: the texlexd at " + (here / "none.sock") + " does not tell of itself: "));
  const telling_server old{std::nullopt};
  BOOST_TEST(here.run("ping --socket " + old.path()).status == 4);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_usage_and_its_help_tells_how_it_may_end) {
  const test::program_folder here;
  for (const std::string arguments : {"ping", "ping --socket nowhere", "ping --socket a:1 b", "ping --timeout-ms 0"}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 2, arguments << ": " << result.errors);
  }
  const auto help = here.run("ping --help");
  BOOST_TEST(help.status == 0);
  BOOST_TEST(help.output.find("6 it drains") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
