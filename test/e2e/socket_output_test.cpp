// `texlex tokens --socket` beside `texlex tokens`, over texlexd as it is shipped: not a byte differs.
#include <boost/test/unit_test.hpp>

#include <regex>
#include <string>
#include <vector>

#include "kernels/regimes.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/cli/program_folder.hpp"
#include "test/e2e/running_texlexd.hpp"
#include "test/support/byte_server.hpp"
#include "test/support/frames.hpp"

using namespace texlex;
using namespace texlex::test;

BOOST_AUTO_TEST_SUITE(socket_output_test)

namespace {

const std::string documents = std::string{TEXLEX_SOURCE_DIR} + "/test/engine/documents";

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string tcp_address(const running_texlexd& server) {
  static const std::regex port{R"( tcp (127\.0\.0\.1:\d+) )"};
  const std::string line = server.ready_line();
  std::smatch match;
  BOOST_REQUIRE_MESSAGE(std::regex_search(line, match, port), "no TCP port in: " << line);
  return match[1];
}

struct two_ways : program_folder {
  explicit two_ways(const std::vector<std::string>& flags = {"--tcp-port", "0"}) : server(flags) {}

  running_texlexd server;

  // Runs `texlex tokens` in this folder, without and with the service. The arguments are as a shell takes them.
  void expect_same(const std::string& arguments, int status = 0) const {
    expect_same(server.socket(), arguments, status);
  }

  void expect_same(const std::string& address, const std::string& arguments, int status) const {
    const auto run = [&](const std::string& more) {
      const std::string command = std::string{TEXLEX_PROGRAM} + " tokens " + more + arguments + " >output 2>told";
      const int ended = shell("cd " + (*this / "") + "; " + command);
      return std::tuple{ended, read("output"), read("told")};
    };
    const auto here = run("");
    const auto there = run("--socket " + address + " ");
    BOOST_TEST(std::get<0>(here) == status, arguments << ": " << std::get<2>(here));
    BOOST_TEST(std::get<0>(there) == status, arguments << ": " << std::get<2>(there));
    BOOST_TEST((std::get<1>(there) == std::get<1>(here)), arguments << ": the output differs");
    BOOST_TEST(std::get<2>(there) == std::get<2>(here), arguments << ": what is told differs");
    BOOST_TEST(!(std::get<1>(here).empty() && std::get<2>(here).empty()), arguments << " tells nothing to compare");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_output_is_the_same, two_ways)

BOOST_AUTO_TEST_CASE(in_every_format_and_view_over_both_kinds_of_sockets) {
  for (const std::string format : {"tsv", "jsonl", "counts"})
    for (const std::string view : {"tex", "source"}) {
      const std::string arguments = "--issues --format " + format + " --view " + view + " " + documents + "/*.*";
      expect_same(arguments);
      expect_same(tcp_address(server), arguments, 0);
    }
  server.stop();
}

BOOST_AUTO_TEST_CASE(at_an_address_written_as_a_url) {
  const auto file = write("a.tex", "\\a b%");
  expect_same("unix:" + server.socket(), file, 0);
  expect_same("tcp://" + tcp_address(server), file, 0);
  server.stop();
}

BOOST_AUTO_TEST_CASE(under_every_regime) {
  const auto empty = write("empty.tex", "");
  for (const std::string_view regime : regime_names())
    for (const std::string view : {"tex", "source"})
      expect_same("--issues --regime " + std::string{regime} + " --view " + view + " " + empty + " " + documents
                  + "/*.*");
  server.stop();
}

BOOST_AUTO_TEST_CASE(with_any_columns_colours_issues_and_strictness) {
  const std::string faulty = write("faulty.tex", "a\xFF\x01\x01\r\n}\\\u00e9^^M\\\n ~%");
  for (const std::string columns : {"kind", "text", "end", "line", "column,text", "start,kind", "end,line,kind"})
    expect_same("--columns " + columns + " --view source " + faulty);
  expect_same("--color always " + faulty);
  expect_same("--strict " + faulty, 1);
  for (const std::string most : {"0", "1", "3", "1000", "1000000"})
    expect_same("--issues --issues-max " + most + " --format jsonl " + faulty);
  server.stop();
}

BOOST_AUTO_TEST_CASE(of_files_folders_lists_archives_and_standard_input_with_any_number_of_threads) {
  BOOST_TEST(
    shell("cd " + (*this / "") + "; mkdir -p papers/old; cp " + documents
          + "/*.tex papers/old; cp papers/old/a*.tex papers; tar czf all.tar.gz papers; gzip -k papers/article.tex")
    == 0);
  (void)write("names", "papers/article.tex\npapers/old\n");
  (void)write("empty.tex", "");
  for (const std::string jobs : {"", "--jobs 1 ", "--jobs 7 "})
    for (const std::string what : {"papers", "papers/article.tex empty.tex", "all.tar.gz", "papers/article.tex.gz",
                                   "--files-from names empty.tex", "- <papers/article.tex", "--no-unpack all.tar.gz"})
      expect_same(jobs + what);
  expect_same("missing.tex papers/article.tex", 3);
  expect_same("missing.tex", 3);
  server.stop();
}

BOOST_AUTO_TEST_CASE(of_long_documents_with_many_issues) {
  std::string text;
  for (size_t i = 0; i < 12'000; ++i) text += "\\name" + std::string(i % 7, 'x') + "{\xC3\xA9 a^^41}% c\n\x01";
  (void)write("long.tex", text);
  (void)write("line.tex", std::string(150'000, 'a') + std::string(20'000, '\x01') + " \\b");
  for (const std::string view : {"tex", "source"})
    expect_same("--issues --issues-max 30000 --view " + view + " long.tex line.tex");
  server.stop();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(it_is_the_same_where_the_server_has_room_for_little_at_a_time) {
  const two_ways here;
  running_texlexd server{{"--requests-max", "1", "--connections-max", "2"}};
  for (int i = 0; i < 40; ++i) (void)here.write(std::to_string(i) + ".tex", std::string(1000, 'a') + "\\b");
  here.expect_same(server.socket(), "--jobs 8 --format counts *.tex", 0);
  server.stop();
}

BOOST_AUTO_TEST_CASE(it_is_the_same_where_workers_are_processes) {
  two_ways here{{"--isolation", "process"}};
  for (const std::string view : {"tex", "source"}) {
    const std::string arguments = "--issues --view " + view + " " + documents + "/*.* --format ";
    for (const std::string format : {"tsv", "jsonl", "counts"}) here.expect_same(arguments + format);
    for (const std::string_view regime : regime_names())
      here.expect_same(arguments + "tsv --regime " + std::string{regime});
  }
  here.server.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_only_counts_and_has_one_regime_is_asked_for_nothing_else) {
  const program_folder here;
  byte_server server{[](const byte_connection& client) {
    const auto hello = client.receive();
    if (!hello) return;
    const hello_response said{.columns = 0,
                              .document_bytes_max = 1000,
                              .requests_in_flight_max = 1,
                              .issues_told_max = 100,
                              .regimes = {"plain"}};
    client.send(frame(frame_type::hello_response, hello->header.id, encode_hello_response(said)));
    const auto nothing_else = encode_tokenized_head({.result = {.status = status::unsupported_option}}, {});
    while (const auto asked = client.receive())
      client.send(frame(frame_type::tokenize_response, asked->header.id, nothing_else));
  }};
  const std::string tokens = "tokens --socket " + server.path() + " " + here.write("a.tex", "\\a@b") + " ";
  const std::vector<std::pair<std::string, std::string>> refused{
    {"--regime plain", "--format tsv"},
    {"--regime plain --format jsonl", "--format jsonl"},
    {"--regime plain --format counts --issues", "--issues"},
    {"--regime plain --format counts --view source", "--view source"},
    {"--format counts", "latex"},
    {"--format counts --regime expl3", "expl3"}};
  for (const auto& [arguments, named] : refused) {
    const auto result = here.run(tokens + arguments);
    BOOST_TEST(result.status == 4, arguments);
    BOOST_TEST(result.output.empty(), arguments);
    BOOST_TEST(has(result.errors, named), arguments << ": " << result.errors);
  }
}

BOOST_AUTO_TEST_CASE(a_document_the_server_does_not_take_is_named_and_the_others_are_done) {
  const program_folder here;
  running_texlexd server{{"--document-bytes-max", "65536"}};
  const auto large = here.write("large.tex", std::string(65'537, 'a'));
  const auto small = here.write("small.tex", "a%");
  const auto result = here.run("tokens --columns kind --socket " + server.socket() + " " + large + " " + small);
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output == "# " + small + "\n11\n");
  BOOST_TEST(has(result.errors, large + ": the document has 65537 bytes"), result.errors);
  server.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_gone_is_told_once_and_the_documents_behind_are_left_out) {
  const program_folder here;
  std::string socket;
  {
    running_texlexd server;
    socket = server.socket();
    server.stop();
  }
  const auto file = here.write("a.tex", "a");
  const auto result = here.run("tokens --socket " + socket + " " + file + " " + file);
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output.empty());
  BOOST_TEST(std::ranges::count(result.errors, '\n') == 1, result.errors);
  BOOST_TEST(has(result.errors, socket), result.errors);
}

BOOST_AUTO_TEST_SUITE_END()
