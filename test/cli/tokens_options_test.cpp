// What `texlex tokens` refuses, and how it names files.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "test/cli/program_folder.hpp"
#include "test/unit/load/scripted_server.hpp"

using namespace texlex;
using folder = texlex::test::program_folder;

BOOST_AUTO_TEST_SUITE(tokens_options_test)

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What a file may be called: line breaks, tabs, quotes, bytes that are no UTF-8, an escape sequence, text backwards.
const std::string awkward = "x\ny\t\xFF\\\"\x1b[31m\xC2\x85\xE2\x80\xAE\xC3\xA9.tex";
const std::string awkward_in_a_line = "x\\x0ay\\x09\\xff\\x5c\"\\x1b[31m\\xc2\\x85\\xe2\\x80\\xae\xC3\xA9.tex";
const std::string awkward_in_json = "x\\u000ay\\u0009\xEF\xBF\xBD\\\\\\\"\\u001b[31m\xC2\x85\xE2\x80\xAE\xC3\xA9.tex";

std::string quoted(const std::string& name) { return "'" + name + "'"; }

// ASCII in so many bytes a character.
std::string widened(const std::string& text, size_t bytes, bool big_endian) {
  const std::string zeros(bytes - 1, '\0');
  std::string wide;
  for (const char each : text) wide += big_endian ? zeros + each : each + zeros;
  return wide;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_file_name_stays_one_field_of_one_line_whatever_it_holds) {
  const folder here;
  const auto file = quoted(here.write(awkward, "a}"));
  const auto shown = here / awkward_in_a_line;
  BOOST_TEST(here.run("tokens --format counts " + file).output == "3\t1\t" + shown + "\n");
  const auto two = here.run("tokens --columns kind " + file + " " + file);
  BOOST_TEST(two.output == "# " + shown + "\n11\n2\n10\n# " + shown + "\n11\n2\n10\n");
  BOOST_TEST(here.run("tokens --issues --format counts " + file).errors == shown + ":1:2: unbalanced-group\n");
}

BOOST_AUTO_TEST_CASE(a_file_name_is_valid_json_whatever_it_holds) {
  const folder here;
  const auto file = quoted(here.write(awkward, "}%"));
  const auto shown = here / awkward_in_json;
  const auto told = here.run("tokens --issues --format jsonl --columns kind " + file + " " + file);
  BOOST_TEST(told.output == "{\"file\":\"" + shown + "\",\"kind\":2}\n{\"file\":\"" + shown + "\",\"kind\":2}\n");
  const std::string issue =
    "{\"file\":\"" + shown + "\",\"issue\":\"unbalanced-group\",\"start\":0,\"line\":1,\"column\":1}\n";
  BOOST_TEST(told.errors == issue + issue);
}

BOOST_AUTO_TEST_CASE(complaints_and_reports_name_files_the_same_way) {
  const folder here;
  const auto missing = here.run("tokens " + quoted(here / awkward));
  BOOST_TEST(missing.errors == "texlex: cannot read " + (here / awkward_in_a_line) + ": No such file or directory\n");
  const auto file = quoted(here.write(awkward, "a"));
  const test::scripted_server server{[](uint64_t, size_t) {
    return test::scripted_answer{test::scripted_answer::kind::respond, {status::ok, 2, 0, origin::primary}, {}, {}};
  }};
  const std::string socket = " --socket " + server.path() + " ";
  BOOST_TEST(here.run("tokens --format counts" + socket + file).output == "2\t0\t" + (here / awkward_in_a_line) + "\n");
  BOOST_TEST(
    here.run("verify --count 1" + socket + file).output.starts_with((here / awkward_in_a_line) + ": 2 tokens"));
  const auto json = here.run("bench --warm-up 0 --json - --label " + quoted(awkward) + socket + file + " 1 1");
  BOOST_TEST(json.status == 0);
  BOOST_TEST(has(json.output, "\"label\":\"" + awkward_in_json + "\""), json.output);
  BOOST_TEST(std::count(json.output.begin(), json.output.end(), '\n') == 1);
  BOOST_TEST(has(json.errors, awkward_in_a_line.substr(0, 10)), json.errors);
}

BOOST_AUTO_TEST_CASE(columns_are_one_list_with_commas_and_each_is_named_once) {
  const folder here;
  const auto file = here.write("a.tex", "a%");
  BOOST_TEST(here.run("tokens --columns kind,start " + file).output == "11\t0\n");
  const auto apart = here.run("tokens --columns kind start end " + file);
  BOOST_TEST(apart.status == 2);
  BOOST_TEST(has(apart.errors, "--columns kind,start,end"), apart.errors);
  BOOST_TEST(apart.output.empty());
  const auto twice = here.run("tokens --columns kind,end,kind " + file);
  BOOST_TEST(twice.status == 2);
  BOOST_TEST(has(twice.errors, "kind twice"), twice.errors);
  for (const char* wrong : {"''", ",", "kind,", ",kind", "kind,,end", "Kind", "'kind end'"})
    BOOST_TEST(here.run("tokens --columns " + std::string{wrong} + " " + file).status == 2, wrong);
}

BOOST_AUTO_TEST_CASE(a_file_may_have_the_name_of_a_column) {
  const folder here;
  (void)here.write("start", "a%");
  BOOST_TEST(here.shell("cd " + (here / "") + "; " + TEXLEX_PROGRAM + " tokens --columns kind start >output") == 0);
  BOOST_TEST(here.read("output") == "11\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_honoured_is_refused_with_a_word_of_what_to_do) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  const std::string socket = "tokens --socket " + (here / "none") + " ";
  const std::vector<std::pair<std::string, std::string>> refused{
    {"tokens --format counts --columns kind ", "leave out --columns"},
    {"tokens --format counts --color always ", "--format tsv"},
    {"tokens --format jsonl --color always ", "--format tsv"},
    {"tokens --issues-max 3 ", "add --issues"},
    {"tokens --null ", "--files-from"},
    {"tokens --no-unpack --unpacked-bytes-max 5 ", "leave out one"},
    {"tokens - - ", "once only"},
    {"tokens --files-from - - ", "once only"},
    {"tokens --socket nowhere ", "host:port"},
    {"tokens --socket localhost:x ", "host:port"},
    {"tokens --socket http://x ", "--socket http://x is no URL of a texlexd; give unix:PATH, tcp://host:port, a path"},
    {"tokens --socket http://localhost:4000 ", "is no URL of a texlexd"},
    {"tokens --socket tcp://localhost:4000/x ", "is no URL of a texlexd"},
    {socket + "--kernel reference ", "leave out --kernel"},
    {socket + "--format counts --columns kind ", "leave out --columns"},
    {socket + "--format counts --color always ", "leave out --color"},
    {socket + "--issues-max 3 ", "add --issues"},
    {"tokens --issues --issues-max -1 ", "--issues-max"},
    {"tokens --priority background ", "add --socket"},
    {"tokens --traceparent 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ", "add --socket"},
    {socket + "--priority urgent ", "background"},
    {socket + "--traceparent 00-1-2-03 ", "W3C"},
    {"corpus --journal j --out o --priority background ", "add --servers"},
  };
  for (const auto& [arguments, advice] : refused) {
    const auto result = here.run(arguments + file);
    BOOST_TEST(result.status == 2, arguments);
    BOOST_TEST(has(result.errors, advice), arguments << result.errors);
    BOOST_TEST(result.output.empty(), arguments);
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_speaks_version_1_only_is_asked_for_nothing_else_than_counts) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  std::atomic<uint64_t> requests = 0;
  const test::scripted_server server{[&](uint64_t, size_t) {
    ++requests;
    return test::scripted_answer{test::scripted_answer::kind::respond, {status::ok, 2, 1, origin::primary}, {}, {}};
  }};
  const std::string tokens = "tokens --socket " + server.path() + " " + file + " ";
  const std::vector<std::pair<std::string, std::string>> refused{
    {"", "--format tsv"},
    {"--format jsonl", "--format jsonl"},
    {"--format counts --regime latex", "--regime latex"},
    {"--format counts --regime expl3-8bit", "--regime expl3-8bit"},
    {"--format counts --view source", "--view source"},
    {"--format counts --issues", "--issues"},
  };
  for (const auto& [arguments, named] : refused) {
    const auto result = here.run(tokens + arguments);
    BOOST_TEST(result.status == 4, arguments);
    BOOST_TEST(has(result.errors, named), arguments << result.errors);
    BOOST_TEST(has(result.errors, "version 1"), arguments << result.errors);
    BOOST_TEST(result.output.empty(), arguments);
  }
  BOOST_TEST(requests == 0u);
  const auto counts = here.run(tokens + "--format counts --view tex --jobs 2 " + file);
  BOOST_TEST(counts.status == 0);
  BOOST_TEST(counts.output == "2\t1\t" + file + "\n2\t1\t" + file + "\n");
  BOOST_TEST(has(counts.errors, "under the regime it serves"), counts.errors); // not silently
  BOOST_TEST(std::count(counts.errors.begin(), counts.errors.end(), '\n') == 1);
  BOOST_TEST(here.run(tokens + "--format counts --strict").status == 1);
}

BOOST_AUTO_TEST_CASE(an_empty_name_is_an_error_of_its_own) {
  const folder here;
  for (const std::string arguments : {"tokens ''", "tokens --files-from ''", "tokens --format counts --socket '' -"}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 2, arguments);
    BOOST_TEST(has(result.errors, "empty"), arguments << result.errors);
  }
}

BOOST_AUTO_TEST_CASE(the_kernel_may_come_from_the_environment) {
  const folder here;
  const auto file = here.write("a.tex", "a%");
  const std::string tokens = std::string{TEXLEX_PROGRAM} + " tokens --columns kind " + file + " >" + (here / "output");
  BOOST_TEST(here.shell("TEXLEX_KERNEL=reference " + tokens) == 0);
  BOOST_TEST(here.read("output") == "11\n");
  BOOST_TEST(here.shell("TEXLEX_KERNEL=abacus " + tokens) == 2);
  BOOST_TEST(has(here.read("errors"), "TEXLEX_KERNEL is abacus"));
  BOOST_TEST(here.shell("TEXLEX_KERNEL=abacus " + tokens + " --kernel best") == 0);
}

BOOST_AUTO_TEST_CASE(so_many_issues_are_listed_and_the_others_counted) {
  const folder here;
  const auto file = here.write("a.tex", std::string(1500, '\x01'));
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto usual = here.run("tokens --issues --format counts " + file);
  BOOST_TEST(lines(usual.errors) == 1001);
  BOOST_TEST(
    usual.errors.ends_with("\n" + file + ": 500 more issues left out; --issues-max N lists up to N of a document\n"));
  BOOST_TEST(usual.output == "1\t1500\t" + file + "\n");
  BOOST_TEST(lines(here.run("tokens --issues --issues-max 1500 --format counts " + file).errors) == 1500);
  BOOST_TEST(lines(here.run("tokens --issues --issues-max 0 --format counts " + file).errors) == 1);
  const auto json = here.run("tokens --issues --issues-max 1 --format jsonl " + file).errors;
  BOOST_TEST(json
             == "{\"file\":\"" + file + "\",\"issue\":\"invalid-character\",\"start\":0,\"line\":1,\"column\":1}\n"
                  + "{\"file\":\"" + file + "\",\"issues_left_out\":1499}\n");
}

// More than are expected, and more than one thread puts into words at once.
BOOST_AUTO_TEST_CASE(all_issues_are_listed_in_their_order_if_that_is_asked_for) {
  const folder here;
  const auto file = here.write("a.tex", std::string(20000, '\x01'));
  const auto result = here.run("tokens --issues --issues-max 20000 --format counts " + file);
  std::string expected;
  for (int column = 1; column <= 20000; ++column)
    expected += file + ":1:" + std::to_string(column) + ": invalid-character\n";
  BOOST_TEST((result.errors == expected));
}

BOOST_AUTO_TEST_CASE(utf_16_is_one_issue_with_a_hint) {
  const folder here;
  std::string wide = "\xFF\xFE";
  for (int i = 0; i < 1000; ++i) wide += std::string{"a\0", 2};
  const auto file = here.write("a.tex", wide);
  const auto result = here.run("tokens --issues --strict --format counts " + file);
  BOOST_TEST(result.status == 1);
  BOOST_TEST(result.errors == file + ":1:1: utf-16-text: convert it first, as by iconv -f UTF-16 -t UTF-8\n");
}

// Each hint is what iconv takes for this document and no other: the order of bytes too where no mark tells it.
BOOST_AUTO_TEST_CASE(the_hint_names_the_encoding_there_is) {
  const folder here;
  const std::string text = "\\documentclass{article}\n";
  const std::vector<std::pair<std::string, std::string>> documents{
    {"UTF-16", "\xFF\xFE" + widened(text, 2, false)},
    {"UTF-16", "\xFE\xFF" + widened(text, 2, true)},
    {"UTF-16LE", widened(text, 2, false)},
    {"UTF-16BE", widened(text, 2, true)},
    {"UTF-32", std::string("\xFF\xFE\0\0", 4) + widened(text, 4, false)},
    {"UTF-32", std::string("\0\0\xFE\xFF", 4) + widened(text, 4, true)},
    {"UTF-32LE", widened(text, 4, false)},
    {"UTF-32BE", widened(text, 4, true)},
  };
  for (const auto& [encoding, document] : documents) {
    const auto file = here.write("wide.tex", document);
    const auto result = here.run("tokens --issues --format counts " + file);
    BOOST_TEST(has(result.errors, "iconv -f " + encoding + " -t UTF-8\n"), result.errors);
  }
}

BOOST_AUTO_TEST_SUITE_END()
