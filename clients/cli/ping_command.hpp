// `texlex ping`: whether a texlexd serves, for probes.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace texlex::cli {

struct ping_options {
  std::string socket;
  uint32_t timeout_ms = 1'000; ///< for the answer
  bool ready = false;          ///< ask for more than an answer: that it does not drain
};

/// Adds the subcommand and its flags, and returns it; `options` must outlive the parse.
CLI::App* add_ping_command(CLI::App& app, ping_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_ping(const ping_options& options);

} // namespace texlex::cli
