// `texlex tokens`: documents in, tokens out.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace texlex::cli {

/// How the program ends; the greatest that applies to any of its files.
enum exit_status : int {
  exit_ok = 0,
  exit_issues = 1, ///< the document has issues and --strict was given
  exit_usage = 2,
  exit_input = 3,       ///< an input could not be read, or the output not written
  exit_service = 4,     ///< texlexd could not be reached, or refused
  exit_signalled = 128, ///< and the signal's number: interrupted, after a report
};

struct tokens_options {
  std::vector<std::string> files{"-"};
  std::string regime = "latex";
  std::string view = "tex";
  std::string format = "tsv";
  std::vector<std::string> columns;
  std::string socket;
  std::string kernel = "best";
  std::string color = "auto";
  bool strict = false;
  bool issues = false;
};

/// Adds the subcommand and its flags; `options` must outlive the parse.
CLI::App* add_tokens_command(CLI::App& app, tokens_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_tokens(const tokens_options& options);

} // namespace texlex::cli
