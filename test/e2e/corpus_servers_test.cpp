// `texlex corpus --servers`: the output is that of one process, and a server that dies takes nothing with it.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>

#include "test/corpus/corpus_folder.hpp"
#include "test/e2e/running_texlexd.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(corpus_servers_test)

namespace {

// Of a server whose documents take ten milliseconds each, so that it is killed in the midst of them.
const std::vector<std::string> slow{"--inject-stall-ppm", "1000000", "--inject-stall-us", "10000", "--no-hedge",
                                    "--loop-bytes-max",   "0"};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_CASE(two_servers_make_the_output_of_none) {
  const corpus_folder here{100};
  running_texlexd first;
  running_texlexd second;
  const std::string files = "corpus " + (here / "in") + " --part-bytes-max 20000 ";
  const auto alone = here.run(files + "--journal " + (here / "j0") + " --out " + (here / "alone"));
  BOOST_TEST(alone.status == 0, alone.errors);
  const auto asked = here.run(files + "--journal " + (here / "j1") + " --out " + (here / "asked") + " --servers "
                              + first.socket() + "," + second.socket());
  BOOST_TEST(asked.status == 0, asked.errors);
  BOOST_TEST((here.lines("asked") == here.lines("alone")));
  first.stop();
  second.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_loses_no_document) {
  const corpus_folder here{1000};
  running_texlexd first{slow};
  running_texlexd second;
  BOOST_TEST(
    here.run("corpus " + (here / "in") + " --format counts --journal " + (here / "j0") + " --out " + (here / "alone"))
      .status
    == 0);
  // It dies once the journal tells that the run is under way.
  const std::string command = std::string{TEXLEX_PROGRAM} + " corpus " + (here / "in") + here.usual()
                              + "--part-bytes-max 3000 --servers " + first.socket() + "," + second.socket();
  const int status = here.shell(command + " & until [ -e " + (here / "out/part-000001.jsonl")
                                + " ]; do sleep 0.001; done; kill -9 " + std::to_string(first.pid()) + "; wait $!");
  BOOST_TEST(status == 0, here.read("errors"));
  BOOST_TEST(first.wait().signal == SIGKILL);
  BOOST_TEST((here.lines() == here.lines("alone")));
  second.stop();
}

BOOST_AUTO_TEST_CASE(when_no_server_is_left_the_run_goes_on_later) {
  const corpus_folder here{1000};
  std::string socket;
  {
    running_texlexd only{slow};
    socket = only.socket();
    const std::string command = std::string{TEXLEX_PROGRAM} + " corpus " + (here / "in") + here.usual()
                                + "--part-bytes-max 3000 --servers-wait-s 0 --servers " + socket;
    const int status = here.shell(command + " & until [ -e " + (here / "out/part-000001.jsonl")
                                  + " ]; do sleep 0.001; done; kill -9 " + std::to_string(only.pid()) + "; wait $!");
    BOOST_TEST(status == 4, here.read("errors"));
    BOOST_TEST(has(here.read("errors"), "the same command goes on"));
    BOOST_TEST(only.wait().signal == SIGKILL);
  }
  BOOST_TEST(here.lines().size() < 1000u);
  const auto resumed = here.corpus("");
  BOOST_TEST(resumed.status == 0, resumed.errors);
  BOOST_TEST(here.lines().size() == 1000u);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_and_started_anew_on_its_socket_is_used_again_by_the_same_run) {
  const corpus_folder here{1000};
  BOOST_TEST(
    here.run("corpus " + (here / "in") + " --format counts --journal " + (here / "j0") + " --out " + (here / "alone"))
      .status
    == 0);
  {
    running_texlexd killed{here / "s", slow};
    const std::string command = std::string{TEXLEX_PROGRAM} + " corpus " + (here / "in") + here.usual()
                                + "--part-bytes-max 3000 --servers-wait-s 300 --servers " + (here / "s") + " 2>"
                                + (here / "told");
    BOOST_TEST(here.shell("(" + command + "; echo $? >" + (here / "ended") + ") & until [ -e "
                          + (here / "out/part-000001.jsonl") + " ]; do sleep 0.001; done")
               == 0);
    killed.signal(SIGKILL);
    BOOST_TEST(killed.wait().signal == SIGKILL);
  }
  BOOST_TEST(here.shell("until grep -q 'it is waited for' " + (here / "told") + "; do sleep 0.01; done") == 0);
  running_texlexd anew{here / "s", {}};
  BOOST_TEST(here.shell("until [ -s " + (here / "ended") + " ]; do sleep 0.01; done") == 0);
  BOOST_TEST(here.read("ended") == "0\n", here.read("told"));
  BOOST_TEST(has(here.read("told"), "is back, and is used again"), here.read("told"));
  BOOST_TEST((here.lines() == here.lines("alone")));
  anew.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_never_comes_keeps_nobody_waiting) {
  const corpus_folder here{300};
  running_texlexd there;
  const auto result = here.corpus("--servers " + (here / "nobody") + "," + there.socket());
  BOOST_TEST(result.status == 0, result.errors);
  BOOST_TEST(has(result.errors, "cannot reach the texlexd at " + (here / "nobody")), result.errors);
  BOOST_TEST(here.lines().size() == 300u);
  there.stop();
}

BOOST_AUTO_TEST_CASE(what_a_server_refuses_fails_alone) {
  const corpus_folder here{3};
  running_texlexd server{{"--document-bytes-max", "65536"}};
  const auto large = here.write("in/large.tex", std::string(65'537, 'a'));
  const auto result = here.corpus("--servers " + server.socket());
  BOOST_TEST(result.status == 3);
  BOOST_TEST(has(result.errors, large + ": the document has 65537 bytes"), result.errors);
  BOOST_TEST(here.lines().size() == 3u);
  BOOST_TEST(here.corpus("--retry-failed").status == 0);
  BOOST_TEST(here.lines().size() == 4u);
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()
