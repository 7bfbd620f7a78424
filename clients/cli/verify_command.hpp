// `texlex verify`: a document many times through a running texlexd, each answer compared with the result in process.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace texlex::cli {

struct verify_options {
  std::vector<std::string> files;
  std::string socket;
  uint64_t count = 100;
  uint32_t connections = 4;
  uint32_t timeout_ms = 30'000; ///< for each answer
};

/// Adds the subcommand and its flags; `options` must outlive the parse.
void add_verify_command(CLI::App& app, verify_options& options);

/// Carries it out; says how the program ends: 0 only if every answer was right.
[[nodiscard]] int run_verify(const verify_options& options);

} // namespace texlex::cli
