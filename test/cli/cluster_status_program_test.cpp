// `texlex cluster status` as a person or a script meets it.
#include <boost/test/unit_test.hpp>

#include <string>

#include "test/cli/program_folder.hpp"
#include "test/unit/load/scripted_server.hpp"

namespace test = texlex::test;

BOOST_AUTO_TEST_SUITE(cluster_status_program_test)

namespace {

const std::string node = "texlexd_cluster_info{node=\"a\",cluster=\"papers\"} 1\ntexlexd_cluster_peers 1\n"
                         "texlexd_peer_info{peer=\"b\",address=\"10.0.0.2:7700\",zone=\"\"} 1\n"
                         "texlexd_peer_state{peer=\"b\",state=\"active\"} 1\n";

/// Tells that and serves nothing else.
struct telling_server : test::scripted_server {
  explicit telling_server(std::optional<std::string> stats)
    : scripted_server([](uint64_t, size_t) { return test::scripted_answer{}; }, std::move(stats)) {}
};

} // namespace

BOOST_AUTO_TEST_CASE(a_nodes_peers_are_a_table_or_json) {
  const telling_server server{node};
  const test::program_folder here;
  const auto table = here.run("cluster status --socket " + server.path());
  BOOST_TEST(table.status == 0);
  BOOST_TEST(table.output.starts_with("node a of cluster papers: 1 other node;"));
  BOOST_TEST(table.output.find("\nb     10.0.0.2:7700  -     active") != std::string::npos, table.output);
  BOOST_TEST(table.errors.empty());
  const auto json = here.run("cluster status --json --socket unix:" + server.path());
  BOOST_TEST(json.status == 0);
  BOOST_TEST(json.output.starts_with(R"({"node":"a","cluster":"papers",)"));
}

BOOST_AUTO_TEST_CASE(a_texlexd_without_a_cluster_is_told_from_one_that_knows_nobody) {
  const telling_server server{"texlexd_requests_total 0\n"};
  const test::program_folder here;
  for (const std::string flag : {"", "--json "}) {
    const auto result = here.run("cluster status " + flag + "--socket " + server.path());
    BOOST_TEST(result.status == 5);
    BOOST_TEST(result.output.empty());
    BOOST_TEST(result.errors
               == "texlex: the texlexd at " + server.path()
                    + " has no cluster: it was started without cluster.listen\n");
  }
}

BOOST_AUTO_TEST_CASE(who_is_not_there_or_does_not_know_the_question_ends_it_with_4) {
  const test::program_folder here;
  const auto missing = here.run("cluster status --socket " + (here / "none.sock"));
  BOOST_TEST(missing.status == 4);
  BOOST_TEST(
    missing.errors.starts_with("texlex: the texlexd at " + (here / "none.sock") + " does not tell of itself: "));
  const telling_server old{std::nullopt};
  BOOST_TEST(here.run("cluster status --socket " + old.path()).status == 4);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_and_no_command_is_usage) {
  const test::program_folder here;
  for (const std::string arguments : {"cluster", "cluster stats", "cluster status", "cluster status --socket nowhere",
                                      "cluster status --socket ''", "cluster status --socket a:1 b"}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 2, arguments << ": " << result.errors);
    BOOST_TEST(result.errors.starts_with("texlex: "));
  }
}

BOOST_AUTO_TEST_CASE(its_help_tells_how_it_may_end) {
  const test::program_folder here;
  const auto help = here.run("cluster status --help");
  BOOST_TEST(help.status == 0);
  BOOST_TEST(help.output.find("5 it has no cluster") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
