// `deploy/run`, the script behind `make run`, as it ends.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/wait.h>

#include "test/support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(run_script_test)

namespace {

namespace fs = std::filesystem;

// What the script ended with, its standard output gone to `output`, on a socket in `folder`.
int run_script(const texlex::test::temporary_folder& folder, const std::string& output) {
  const std::string build = fs::path{TEXLEX_PROGRAM}.parent_path();
  const std::string command = "TEXLEX_BUILD=" + build + " TEXLEX_SOCKET=" + folder / "socket"
                              + " timeout 60 " TEXLEX_SOURCE_DIR "/deploy/run 2>" + folder / "log" + output;
  const int status = std::system(("bash -c '" + command + "'").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_leaves_no_texlexd_behind_if_nobody_can_be_told_how_to_ask_it) {
  for (const std::string output : {" >/dev/full", " >&-"}) {
    const texlex::test::temporary_folder folder;
    const int status = run_script(folder, output);
    BOOST_TEST(status != 0, output);
    BOOST_TEST(status != 124, output); // then it was ended by `timeout`
    BOOST_TEST(texlex::test::read_file(folder / "log").find("draining") != std::string::npos, output);
    BOOST_TEST(!fs::exists(folder / "socket"), output);
  }
}

BOOST_AUTO_TEST_SUITE_END()
