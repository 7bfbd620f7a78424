// The program `texlex` as a person or a script meets it: what it prints, where, and how it ends.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "test/cli/program_folder.hpp"
#include "test/unit/load/scripted_server.hpp"

using texlex::origin;
using texlex::status;
namespace test = texlex::test;

BOOST_AUTO_TEST_SUITE(texlex_program_test)

namespace {

namespace fs = std::filesystem;

using folder = test::program_folder;

const std::string program = std::string{TEXLEX_PROGRAM} + " ";

} // namespace

BOOST_AUTO_TEST_CASE(a_token_is_a_line_of_kind_text_start_end_line_and_column) {
  const folder here;
  const auto result = here.run("tokens " + here.write("a.tex", "\\é x%c\n~\n\n"));
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.output
             == "0\té\t0\t3\t1\t1\n11\t78\t4\t5\t1\t4\n13\t7e\t8\t9\t2\t1\n10\t20\t9\t10\t2\t2\n"
                "par\t\t10\t11\t3\t1\n");
  BOOST_TEST(result.errors.empty());
}

BOOST_AUTO_TEST_CASE(names_are_escaped_so_that_a_token_stays_a_line) {
  const folder here;
  const auto result = here.run("tokens --columns kind,text " + here.write("a.tex", "\\\\\\ \\\n\\\t"));
  BOOST_TEST(result.output == "0\t\\x5c\n0\t\\x20\n0\t\\x0d\n0\t\\x09\n");
}

BOOST_AUTO_TEST_CASE(the_source_view_shows_trivia_by_name) {
  const folder here;
  const auto result = here.run("tokens --view source --columns kind,start,end " + here.write("a.tex", " a%b\n\x01"));
  BOOST_TEST(result.output == "blank\t0\t1\n11\t1\t2\ncomment\t2\t4\neol\t4\t5\ninvalid\t5\t6\npar\t6\t6\n");
}

BOOST_AUTO_TEST_CASE(json_lines_hold_a_token_each) {
  const folder here;
  const auto result = here.run("tokens --format jsonl " + here.write("a.tex", "\\\"%"));
  BOOST_TEST(result.output == "{\"kind\":0,\"text\":\"\\\"\",\"start\":0,\"end\":2,\"line\":1,\"column\":1}\n");
}

BOOST_AUTO_TEST_CASE(counts_are_tokens_issues_and_file) {
  const folder here;
  const auto file = here.write("a.tex", "a}");
  BOOST_TEST(here.run("tokens --format counts " + file).output == "3\t1\t" + file + "\n");
}

BOOST_AUTO_TEST_CASE(a_regime_may_be_chosen) {
  const folder here;
  const auto file = here.write("a.sty", "\\a@b");
  BOOST_TEST(here.run("tokens --columns text --regime latex-package " + file).output == "a@b\n");
}

BOOST_AUTO_TEST_CASE(issues_are_listed_on_standard_error_with_their_places) {
  const folder here;
  const auto file = here.write("a.tex", "é\xFF\n}");
  const auto result = here.run("tokens --issues --format counts " + file);
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.errors == file + ":1:2: malformed-utf8\n" + file + ":2:1: unbalanced-group\n");
}

BOOST_AUTO_TEST_CASE(strict_ends_with_1_only_if_there_are_issues) {
  const folder here;
  BOOST_TEST(here.run("tokens --strict --format counts " + here.write("a.tex", "}")).status == 1);
  BOOST_TEST(here.run("tokens --strict --format counts " + here.write("b.tex", "{}")).status == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_flag_ends_with_2_and_says_so) {
  const folder here;
  for (const char* arguments : {"", "tokens --regime context -", "tokens --nosuch", "tokens --columns kind,name -",
                                "tokens --socket nowhere -", "verify"}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 2, arguments);
    BOOST_TEST(result.errors.starts_with("texlex: "), arguments << ": " << result.errors);
    BOOST_TEST(result.errors.find('\n') == result.errors.size() - 1, arguments << ": " << result.errors);
    BOOST_TEST(result.output.empty(), arguments);
  }
}

BOOST_AUTO_TEST_CASE(an_error_of_usage_names_the_help_that_tells_more) {
  const folder here;
  BOOST_TEST(here.run("").errors == "texlex: A subcommand is required; texlex --help tells more\n");
  BOOST_TEST(here.run("tokens '--n\ts\\ch' -").errors
             == "texlex: \"--n\\x09s\\x5cch\" is not expected here; texlex tokens --help tells more\n");
  BOOST_TEST(here.run("bench a 10 4 b c").errors
             == "texlex: \"b\" is not expected here; texlex bench --help tells more\n");
  BOOST_TEST(here.run("verify a --sokcet b").errors
             == "texlex: \"--sokcet\" is not expected here; texlex verify --help tells more\n");
  BOOST_TEST(here.run("verify").errors.ends_with("; texlex verify --help tells more\n"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_subcommand_is_named) {
  const folder here;
  for (const std::string wrong : {"token", "--token"}) {
    const auto result = here.run(wrong + " a.tex");
    BOOST_TEST(result.status == 2);
    BOOST_TEST(result.errors
               == "texlex: there is no subcommand or option \"" + wrong + "\" here; texlex --help lists them\n");
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_ends_with_3_and_the_others_are_still_done) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  const auto result = here.run("tokens --format counts " + (here / "missing.tex") + " " + file);
  BOOST_TEST(result.status == 3);
  BOOST_TEST(result.errors == "texlex: cannot read " + (here / "missing.tex") + ": No such file or directory\n");
  BOOST_TEST(result.output == "2\t0\t" + file + "\n");
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_ends_with_3_and_the_reason) {
  const folder here;
  const auto file = here.write("a.tex", std::string(100000, 'a'));
  for (const std::string& arguments :
       {"tokens " + file, "tokens --format counts " + file + " " + file, std::string{"--help"},
        std::string{"--version"}, std::string{"tokens --help"}, std::string{"verify --help"},
        std::string{"bench --help"}, std::string{"corpus --help"}}) {
    BOOST_TEST(here.shell(program + arguments + " >/dev/full") == 3, arguments);
    BOOST_TEST(here.read("errors") == "texlex: cannot write to standard output: No space left on device\n", arguments);
    BOOST_TEST(here.shell(program + arguments + " >&-") == 3, arguments);
    BOOST_TEST(here.read("errors") == "texlex: cannot write to standard output: Bad file descriptor\n", arguments);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_grow_further_is_output_that_cannot_be_written) {
  const folder here;
  const auto file = here.write("a.tex", std::string(100000, 'a'));
  BOOST_TEST(here.shell("ulimit -f 1; " + program + "tokens " + file + " >" + (here / "output")) == 3);
  BOOST_TEST(here.read("errors") == "texlex: cannot write to standard output: File too large\n");
}

BOOST_AUTO_TEST_CASE(a_reader_that_goes_away_ends_it_with_141_as_a_shell_tells_it) {
  const folder here;
  const auto file = here.write("a.tex", std::string(1'000'000, 'a'));
  const std::string status = here / "status";
  BOOST_TEST(here.shell("{ " + program + "tokens " + file + "; echo $? >" + status + "; } | head -1") == 0);
  BOOST_TEST(here.read("status") == "141\n");
  BOOST_TEST(here.read("errors").empty());
}

BOOST_AUTO_TEST_CASE(complaints_that_nobody_can_hear_change_no_exit_status) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  const std::string socket = "--socket " + (here / "none") + " ";
  for (const std::string where : {" 2>/dev/full", " 2>&-"}) {
    BOOST_TEST(here.shell(program + "tokens " + (here / "missing.tex") + where) == 3);
    BOOST_TEST(here.shell(program + "tokens --nosuch" + where) == 2);
    BOOST_TEST(here.shell(program + where) == 2);
    BOOST_TEST(here.shell(program + "tokens --format counts " + socket + file + where) == 4);
    BOOST_TEST(here.shell(program + "verify --count 3 " + socket + file + where) == 4);
    BOOST_TEST(here.shell(program + "bench " + socket + file + " 10 1" + where) == 4);
  }
}

BOOST_AUTO_TEST_CASE(issues_that_were_asked_for_and_cannot_be_listed_end_with_3) {
  const folder here;
  const auto file = here.write("a.tex", "}");
  for (const std::string where : {" 2>/dev/full", " 2>&-"})
    BOOST_TEST(here.shell(program + "tokens --issues --format counts " + file + where) == 3);
}

// Standard error closed, the document would be descriptor 2, and texlex would complain into it.
BOOST_AUTO_TEST_CASE(no_file_takes_the_place_of_a_closed_standard_stream) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  const auto json = here / "run.json";
  BOOST_TEST(here.shell(program + "bench --socket " + (here / "none") + " " + file + " 1 1 --json " + json + " 2>&-")
             == 4);
  BOOST_TEST(here.read("run.json").empty());
  BOOST_TEST(here.shell(program + "tokens - <&-") == 3);
  BOOST_TEST(here.read("errors") == "texlex: cannot read standard input: Bad file descriptor\n");
}

#ifndef TEXLEX_SANITIZED // they need more room than this leaves
BOOST_AUTO_TEST_CASE(a_document_there_is_no_memory_for_ends_with_3) {
  const folder here;
  const auto file = here / "huge.tex";
  BOOST_TEST(here.shell("truncate -s 1G " + file + "; ulimit -v 60000; " + program + "tokens " + file) == 3);
  BOOST_TEST(here.read("errors") == "texlex: out of memory\n");
}
#endif

BOOST_AUTO_TEST_CASE(a_folder_is_no_document_to_send) {
  const folder here;
  BOOST_TEST(here.run("verify --socket ./none " + (here / "")).status == 3);
  BOOST_TEST(here.read("errors").find("Is a directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_fifo_is_read_to_its_end_however_long_it_takes) {
  const folder here;
  const auto file = here.write("a.tex", std::string(200'000, 'a')); // more than a pipe holds
  const std::string fifo = here / "fifo", output = here / "output";
  BOOST_TEST(here.shell("mkfifo " + fifo + "; (head -c 1000 " + file + "; sleep 0.2; tail -c +1001 " + file + ") >"
                        + fifo + " & " + program + "tokens --format counts " + fifo + " >" + output)
             == 0);
  BOOST_TEST(here.read("output") == "200001\t0\t" + fifo + "\n");
}

BOOST_AUTO_TEST_CASE(a_fifo_whose_writer_says_nothing_is_an_empty_document) {
  const folder here;
  const std::string fifo = here / "fifo", output = here / "output";
  BOOST_TEST(
    here.shell("mkfifo " + fifo + "; : >" + fifo + " & " + program + "tokens --format counts " + fifo + " >" + output)
    == 0);
  BOOST_TEST(here.read("output") == "1\t0\t" + fifo + "\n"); // its one empty line
}

// It is as long as what can be read of it, whatever it was when it was opened.
BOOST_AUTO_TEST_CASE(a_file_that_shrinks_while_it_is_read_is_no_error) {
  const folder here;
  const std::string file = here / "a.tex", output = here / "output";
  for (const char* later : {"0", "0.01", "0.05"}) {
    const int status =
      here.shell("truncate -s 100M " + file + "; (sleep " + later + "; truncate -s 10 " + file + ") & " + program
                 + "tokens --format counts " + file + " >" + output + "; s=$?; wait; exit $s");
    BOOST_TEST(status == 0);
    BOOST_TEST(here.read("errors").empty(), here.read("errors"));
    const uint64_t tokens = std::stoull(here.read("output"));
    BOOST_TEST(tokens <= 100u << 20);
  }
  const std::string shows_more = "/sys/kernel/mm/transparent_hugepage/enabled"; // a page, whatever is in it
  if (!fs::exists(shows_more)) return;
  BOOST_TEST(here.shell(program + "tokens --format counts " + shows_more + " | cut -f 1 >" + output + "; cat "
                        + shows_more + " | " + program + "tokens --format counts - | cut -f 1 | cmp - " + output)
             == 0);
}

// The server sends the signal, so that the load has begun by then.
BOOST_AUTO_TEST_CASE(a_load_that_is_interrupted_ends_with_a_report_and_a_status_that_says_so) {
  for (const int signal : {SIGINT, SIGTERM})
    for (const std::string loop : {"", "--open 500 "}) {
      const folder here;
      const test::scripted_server server{[&](uint64_t number, size_t) {
        if (number == 50) ::kill(std::stoi(here.read("pid")), signal);
        return test::scripted_answer{test::scripted_answer::kind::respond, {status::ok, 2, 0, origin::primary}, {}, {}};
      }};
      const std::string load = "bench --socket " + server.path() + " --warm-up 0 --duration 3600 " + loop;
      const int ended = here.shell("echo $$ >" + (here / "pid") + "; exec " + program + load + here.write("a.tex", "a")
                                   + " >" + (here / "output"));
      BOOST_TEST(ended == 128 + signal, load);
      BOOST_TEST(here.read("output").find("interrupted by signal") != std::string::npos, here.read("output"));
      BOOST_TEST(here.read("errors").empty(), here.read("errors"));
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_there_ends_with_4_and_names_the_socket) {
  const folder here;
  const auto result = here.run("tokens --format counts --socket " + (here / "none") + " -");
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.errors.find(here / "none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_verification_whose_server_is_gone_or_silent_or_only_closes_is_given_up) {
  const folder here;
  using kind = test::scripted_answer::kind;
  for (const kind what : {kind::close, kind::keep_silent}) {
    const test::scripted_server server{[what](uint64_t number, size_t) {
      return test::scripted_answer{number < 5 ? kind::respond : what, {status::ok, 2, 0, origin::primary}, {}, {}};
    }};
    const auto result =
      here.run("verify --timeout-ms 500 --count 1000000 --socket " + server.path() + " " + here.write("a.tex", "a"));
    BOOST_TEST(result.status == 4);
    BOOST_TEST(result.output.find("5 right, 0 wrong, 999995 failed") != std::string::npos, result.output);
    BOOST_TEST(result.errors.find("given up") != std::string::npos, result.errors);
  }
  const auto result = here.run("verify --count 1000000 --socket " + (here / "none") + " " + here.write("a.tex", "a"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.errors.find("given up") != std::string::npos, result.errors);
  BOOST_TEST(result.errors.find(here / "none") != std::string::npos, result.errors);
}

BOOST_AUTO_TEST_CASE(a_verification_whose_server_refuses_goes_on_to_its_end) {
  const folder here;
  const test::scripted_server server{[](uint64_t, size_t) {
    return test::scripted_answer{test::scripted_answer::kind::respond, {status::overload, 0, 0, origin::none}, {}, {}};
  }};
  const auto result = here.run("verify --count 2000 --socket " + server.path() + " " + here.write("a.tex", "a"));
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.output.find("0 right, 0 wrong, 2000 failed") != std::string::npos, result.output);
  BOOST_TEST(result.errors.find("given up") == std::string::npos, result.errors);
}

BOOST_AUTO_TEST_CASE(a_load_that_contradicts_itself_ends_with_2_and_says_how) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  for (const std::string& arguments : std::vector<std::string>{"bench",
                                                               "bench --mix a=1 " + file,
                                                               "bench --mix a=1",
                                                               "bench --documents . " + file,
                                                               "bench --count 1 --duration 1 " + file,
                                                               "bench --open 5 --reconnect " + file,
                                                               "bench --reconnect --in-flight 2 " + file,
                                                               "bench --open 0 " + file,
                                                               "bench --open 1e6 --duration 60 " + file,
                                                               "bench --arrivals daily " + file,
                                                               "bench --arrivals fixed " + file,
                                                               "bench ''",
                                                               "bench --json '' " + file,
                                                               "bench --mix '' --documents .",
                                                               "verify --socket ./a ''",
                                                               "verify --socket '' " + file,
                                                               "verify --socket nowhere " + file,
                                                               "verify --socket http://localhost " + file,
                                                               "verify --socket ./a - -",
                                                               "bench --socket nowhere " + file,
                                                               "bench --socket http://localhost " + file,
                                                               "bench " + file + " 0",
                                                               "bench " + file + " 10 0",
                                                               "bench --socket ./a --socket ./b " + file + " 10 1",
                                                               "bench --documents . --mix a=x"}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 2, arguments);
    BOOST_TEST(!result.errors.empty(), arguments);
    BOOST_TEST(result.output.empty(), arguments);
  }
}

BOOST_AUTO_TEST_CASE(a_load_whose_documents_cannot_be_read_ends_with_3) {
  const folder here;
  const auto file = here.write("a.tex", "a");
  const std::string socket = " --socket " + (here / "none");
  for (const std::string& arguments : std::vector<std::string>{
         "bench " + (here / "missing.tex") + socket, "bench --mix b=1 --documents " + (here / "") + socket,
         "bench " + file + socket + " --json " + (here / "missing/r.json")}) {
    const auto result = here.run(arguments);
    BOOST_TEST(result.status == 3, arguments);
    BOOST_TEST(!result.errors.empty(), arguments);
  }
}

BOOST_AUTO_TEST_CASE(a_load_without_a_server_ends_with_4_and_names_the_socket) {
  const folder here;
  const auto result = here.run("bench --socket " + (here / "none") + " " + here.write("a.tex", "a") + " 100000 4");
  BOOST_TEST(result.status == 4);
  BOOST_TEST(result.errors.find(here / "none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(standard_input_is_a_document_too) {
  const folder here;
  BOOST_TEST(here.run("tokens --columns kind -").output == "par\n");
}

BOOST_AUTO_TEST_CASE(several_documents_are_told_apart) {
  const folder here;
  const auto first = here.write("a.tex", "%");
  const auto second = here.write("b.tex", "%");
  BOOST_TEST(here.run("tokens " + first + " " + second).output == "# " + first + "\n# " + second + "\n");
  const auto json = here.run("tokens --format jsonl --columns kind " + here.write("c.tex", "a%") + " " + second).output;
  BOOST_TEST(json == "{\"file\":\"" + (here / "c.tex") + "\",\"kind\":11}\n");
}

BOOST_AUTO_TEST_CASE(colour_comes_only_when_asked_for_or_on_a_terminal) {
  const folder here;
  const auto file = here.write("a.tex", "\\a");
  BOOST_TEST(here.run("tokens " + file).output.find('\x1b') == std::string::npos);
  BOOST_TEST(here.run("tokens --color always " + file).output.find('\x1b') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_shows_examples_and_exit_statuses) {
  const folder here;
  const auto result = here.run("tokens --help");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.output.find("Examples:") != std::string::npos);
  BOOST_TEST(result.output.find("Exit status:") != std::string::npos);
  BOOST_TEST(here.run("--version").output.starts_with("texlex "));
}

BOOST_AUTO_TEST_SUITE_END()
