// A run that ends at any moment, and is begun again, has each document in its output once.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "clients/cli/corpus/corpus_journal.hpp"
#include "test/corpus/corpus_folder.hpp"

using namespace texlex;
using texlex::test::corpus_folder;

BOOST_AUTO_TEST_SUITE(corpus_resume_test)

namespace {

#if defined(TEXLEX_SANITIZED) // each run takes ten times as long
constexpr int cuts = 20, rounds = 1;
#else
constexpr int cuts = 120, rounds = 3;
#endif

namespace fs = std::filesystem;

uint64_t seed() {
  const char* const given = std::getenv("TEXLEX_SEED");
  const uint64_t value = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  std::printf("TEXLEX_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

// A corpus of files, a tar archive and one that is damaged.
void add_archives(const corpus_folder& here) {
  BOOST_REQUIRE(here.shell("cd " + (here / "in")
                           + "; mkdir t; for i in {1..30}; do echo \"\\\\m$i\" >t/$i.tex; done; "
                             "tar -czf 1010a.tgz t; tar -cf 1020a.tar t; head -c 9999 1020a.tar >1030a.tar; rm -r t")
                == 0);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_journal_cut_anywhere_is_resumed_to_the_same_output) {
  const corpus_folder here{40};
  add_archives(here);
  BOOST_TEST(here.corpus("--part-bytes-max 600").status == 3);
  const auto lines = here.lines();
  const std::string journal = here.read("journal");
  const size_t begun = journal.find("begin\n") + 6;
  fs::rename(here / "out", here / "whole");
  std::mt19937_64 chance{seed()};
  for (int i = 0; i < cuts; ++i) {
    const size_t bytes = begun + chance() % (journal.size() - begun + 1);
    std::string text = journal.substr(0, bytes);
    const auto replayed = cli::replay_journal(text);
    BOOST_REQUIRE(std::holds_alternative<cli::journal_state>(replayed));
    const auto commits = std::get<cli::journal_state>(replayed).commits;
    // As a crash may leave it: parts that were committed, perhaps the one after, and a beginning of that.
    fs::remove_all(here / "out");
    fs::create_directory(here / "out");
    for (const auto& part : fs::directory_iterator{here / "whole"}) {
      const auto number = std::stoull(part.path().filename().string().substr(5));
      if (number <= commits + chance() % 2) fs::copy(part.path(), here / "out/" + part.path().filename().string());
    }
    if (chance() % 2 == 0)
      here.write("out/.part-" + std::to_string(1'000'001 + commits).substr(1) + ".jsonl.unfinished", "{");
    if (chance() % 3 == 0) text += std::string(chance() % 100, '\0');
    here.write("journal", text);
    const auto resumed = here.corpus("--part-bytes-max " + std::to_string(200 + chance() % 2000));
    BOOST_TEST(resumed.status == 3, resumed.errors);
    BOOST_TEST((here.lines() == lines), "a journal of " << bytes << " bytes: " << resumed.errors);
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_is_killed_again_and_again_has_the_output_of_one_that_is_not) {
  const corpus_folder here{300};
  add_archives(here);
  const std::string arguments = "corpus " + (here / "in") + " --part-bytes-max 700 ";
  BOOST_TEST(here.run(arguments + "--format counts --journal " + (here / "j0") + " --out " + (here / "whole")).status
             == 3);
  const auto lines = here.lines("whole");
  std::mt19937_64 chance{seed()};
  uint64_t killed = 0;
  for (int round = 0; round < rounds; ++round) {
    fs::remove_all(here / "out");
    fs::remove(here / "journal");
    int status = 137;
    for (int tries = 0; status == 137 && tries < 500; ++tries) {
      const std::string program = std::string{TEXLEX_PROGRAM} + " " + arguments + here.usual();
      // Later and later, so that it comes to its end on a machine of any speed.
      const auto wait_us = 1000 + chance() % static_cast<uint64_t>(8000 * std::pow(1.02, tries));
      status = here.shell(program + " & sleep " + std::to_string(static_cast<double>(wait_us) / 1e6)
                          + "; kill -9 $! 2>/dev/null; wait $!");
      if (status == 137) ++killed;
    }
    BOOST_TEST(status == 3, here.read("errors"));
    BOOST_TEST((here.lines() == lines), "round " << round);
  }
  BOOST_TEST(killed > 0u);
}

BOOST_AUTO_TEST_CASE(a_retry_of_an_archive_that_is_killed_loses_none_of_its_documents) {
  const corpus_folder here{2};
  add_archives(here);
  const std::string whole = here / "in/1010a.tgz";
  fs::rename(whole, here / "kept");
  const std::string files = "corpus " + (here / "in/1000.tex") + " " + whole + " " + (here / "in/1001.tex")
                            + here.usual() + "--part-bytes-max 300 ";
  BOOST_TEST(here.run(files).status == 3);
  BOOST_TEST(here.lines().size() == 2u);
  fs::rename(here / "kept", whole);
  const std::string before = here.read("journal");
  BOOST_TEST(here.run(files + "--retry-failed").status == 0);
  const auto lines = here.lines();
  BOOST_TEST(lines.size() == 32u);
  const std::string journal = here.read("journal");
  fs::rename(here / "out", here / "whole");
  for (size_t at = before.size(); at < journal.size(); at = journal.find("\tcommit\t", at) + 8) {
    if (journal.find("\tcommit\t", at) == std::string::npos) break;
    const std::string text = journal.substr(0, at);
    const auto commits = std::get<cli::journal_state>(cli::replay_journal(text)).commits;
    fs::remove_all(here / "out");
    fs::create_directory(here / "out");
    for (const auto& part : fs::directory_iterator{here / "whole"})
      if (std::stoull(part.path().filename().string().substr(5)) <= commits)
        fs::copy(part.path(), here / "out/" + part.path().filename().string());
    here.write("journal", text);
    const auto resumed = here.run(files + "--retry-failed");
    BOOST_TEST(resumed.status == 0, resumed.errors);
    BOOST_TEST((here.lines() == lines), "cut at " << at);
  }
}

BOOST_AUTO_TEST_SUITE_END()
