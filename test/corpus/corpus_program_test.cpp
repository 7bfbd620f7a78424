// `texlex corpus` as a script meets it: what fails, what has changed, what is refused.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include "test/corpus/corpus_folder.hpp"

using namespace texlex;
using texlex::test::corpus_folder;

BOOST_AUTO_TEST_SUITE(corpus_program_test)

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_CASE(each_document_is_a_line_and_a_second_run_adds_none) {
  const corpus_folder here{20};
  const auto first = here.corpus("--part-bytes-max 400");
  BOOST_TEST(first.status == 0, first.errors);
  BOOST_TEST(first.output.empty());
  const auto lines = here.lines();
  BOOST_TEST(lines.size() == 20u);
  BOOST_TEST(has(lines[0], "1000.tex\",\"tokens\":"));
  BOOST_TEST(here.corpus("").status == 0);
  BOOST_TEST(here.lines() == lines);
}

BOOST_AUTO_TEST_CASE(shards_have_all_documents_once) {
  const corpus_folder here{40};
  BOOST_TEST(here.corpus("").status == 0);
  const auto all = here.lines();
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const auto ran = here.run("corpus " + (here / "in") + " --format counts --shard " + shard + " --out "
                              + (here / "shards") + " --journal " + (here / "journal-") + shard[0]);
    BOOST_TEST(ran.status == 0, ran.errors);
  }
  BOOST_TEST(here.lines("shards") == all);
}

BOOST_AUTO_TEST_CASE(what_fails_is_named_and_tried_again_when_that_is_asked_for) {
  const corpus_folder here{3};
  const auto large = here.write("in/large.tex", std::string(2000, 'a'));
  const auto gone = here / "in/none.tex";
  const std::string files = "corpus " + (here / "in") + " " + gone + here.usual();
  const auto first = here.run(files + "--document-bytes-max 1000");
  BOOST_TEST(first.status == 3);
  BOOST_TEST(has(first.errors, large + ": it has 2000 bytes; --document-bytes-max"), first.errors);
  BOOST_TEST(has(first.errors, gone + ": No such file"), first.errors);
  BOOST_TEST(has(first.errors, "3 documents in 1 part, all that there are; 2 failed"), first.errors);
  BOOST_TEST(here.run(files + "--document-bytes-max 1000").status == 3);
  here.write("in/large.tex", "a");
  here.write("other", "a%");
  std::filesystem::rename(here / "other", gone);
  const auto again = here.run(files + "--document-bytes-max 1000 --retry-failed");
  BOOST_TEST(again.status == 0, again.errors);
  BOOST_TEST(here.lines().size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_retry_settles_what_can_be_read_by_then) {
  const corpus_folder here{2};
  const auto late = here / "late.tex";
  const std::string files = "corpus " + (here / "in") + " " + late + here.usual();
  BOOST_TEST(here.run(files).status == 3);
  BOOST_TEST(here.lines().size() == 2u);
  here.write("late.tex", "ab%");
  BOOST_TEST(here.run(files).status == 3); // it is not asked for
  const auto again = here.run(files + "--retry-failed");
  BOOST_TEST(again.status == 0, again.errors);
  BOOST_TEST(here.lines().size() == 3u);
  BOOST_TEST(here.run(files + "--retry-failed").status == 0);
  BOOST_TEST(here.lines().size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_has_its_sound_documents_once) {
  const corpus_folder here{6};
  BOOST_TEST(here.shell("cd " + (here / "in") + "; tar -cf ../all.tar *.tex; rm *.tex; head -c 4500 ../all.tar >a.tar")
             == 0);
  const auto first = here.corpus("");
  BOOST_TEST(first.status == 3, first.errors);
  BOOST_TEST(has(first.errors, "a.tar: it is damaged"), first.errors);
  const auto lines = here.lines();
  BOOST_TEST((!lines.empty() && lines.size() < 6));
  BOOST_TEST(here.corpus("--retry-failed").status == 3);
  BOOST_TEST(here.lines() == lines);
  BOOST_TEST(here.shell("cp " + (here / "all.tar") + " " + (here / "in/a.tar")) == 0);
  const auto changed = here.corpus("--retry-failed");
  BOOST_TEST(changed.status == 3);
  BOOST_TEST(has(changed.errors, "it has changed since documents of it were tokenized"), changed.errors);
  BOOST_TEST(here.lines() == lines);
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_is_told_and_its_output_stays) {
  const corpus_folder here{3};
  BOOST_TEST(here.corpus("").status == 0);
  const auto lines = here.lines();
  const auto file = here.write("in/1001.tex", "something else");
  const auto again = here.corpus("");
  BOOST_TEST(again.status == 3);
  BOOST_TEST(has(again.errors, file + " has changed since it was tokenized"), again.errors);
  BOOST_TEST(here.lines() == lines);
}

BOOST_AUTO_TEST_CASE(a_journal_of_another_run_is_refused_with_what_differs) {
  const corpus_folder here{3};
  BOOST_TEST(here.corpus("").status == 0);
  const auto regime = here.corpus("--regime plain");
  BOOST_TEST(regime.status == 2);
  BOOST_TEST(has(regime.errors, "regime: then latex, now plain"), regime.errors);
  here.write("in/more.tex", "a");
  const auto files = here.corpus("");
  BOOST_TEST(files.status == 2);
  BOOST_TEST(has(files.errors, "number of files: then 3, now 4"), files.errors);
  const auto paper = here.write("paper.tex", "not a journal\n");
  const auto none = here.run("corpus " + (here / "in") + " --out " + (here / "o") + " --journal " + paper);
  BOOST_TEST(none.status == 2);
  BOOST_TEST(here.read("paper.tex") == "not a journal\n");
}

BOOST_AUTO_TEST_CASE(parts_and_journal_must_belong_together) {
  const corpus_folder here{3};
  BOOST_TEST(here.corpus("").status == 0);
  const auto lines = here.lines();
  const auto other =
    here.run("corpus " + (here / "in") + " --format counts --out " + (here / "out") + " --journal " + (here / "new"));
  BOOST_TEST(other.status == 2);
  BOOST_TEST(!std::filesystem::exists(here / "new"));
  BOOST_TEST(here.lines() == lines);
  here.write("out/part-000001.jsonl", "");
  const auto cut = here.corpus("");
  BOOST_TEST(cut.status == 2);
  BOOST_TEST(has(cut.errors, "has 0 bytes, and the journal says"), cut.errors);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_honoured_is_refused) {
  const corpus_folder here{1};
  for (const char* wrong :
       {"--shard 0/2", "--servers nowhere", "--servers http://localhost:1", "--servers a:1,a:1", "--columns kind",
        "--servers ''", "--servers localhost:1 --kernel reference", "--servers-wait-s 5"})
    BOOST_TEST(here.corpus(wrong).status == 2, wrong);
  BOOST_TEST(here.run("corpus - " + here.usual()).status == 2);
  BOOST_TEST(here.run("corpus " + here.usual()).status == 2);
  BOOST_TEST(here.corpus("--servers /nowhere/at.sock").status == 4);
}

// Neither could be read again by the next run, and this one would wait for somebody to write.
BOOST_AUTO_TEST_CASE(a_pipe_is_no_document_and_no_journal) {
  const corpus_folder here{1};
  BOOST_REQUIRE(here.shell("mkfifo " + (here / "pipe.tex")) == 0);
  const auto of_pipe = here.run("corpus " + (here / "in") + " " + (here / "pipe.tex") + here.usual());
  BOOST_TEST(of_pipe.status == 3);
  BOOST_TEST(has(of_pipe.errors, (here / "pipe.tex") + ": it is no regular file"), of_pipe.errors);
  BOOST_TEST(here.lines().size() == 1u);
  const auto by_pipe =
    here.run("corpus " + (here / "in") + " --journal " + (here / "pipe.tex") + " --out " + (here / "other"));
  BOOST_TEST(by_pipe.status == 2);
  BOOST_TEST(has(by_pipe.errors, "it is no regular file"), by_pipe.errors);
}

BOOST_AUTO_TEST_CASE(two_runs_do_not_share_a_journal) {
  const corpus_folder here{1};
  BOOST_TEST(here.shell("flock " + (here / "journal") + " " TEXLEX_PROGRAM " corpus " + (here / "in") + here.usual())
             == 2);
  BOOST_TEST(has(here.read("errors"), "another run has it"));
}

BOOST_AUTO_TEST_SUITE_END()
