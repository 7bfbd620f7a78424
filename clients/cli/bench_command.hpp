// `texlex bench`: load for a running texlexd that does not flatter it. Latency counts from when a request was due, each
// answer is checked, and the run fails unless every one was right.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace texlex::cli {

struct bench_options {
  std::optional<std::string> file;
  std::optional<uint64_t> count;
  uint32_t connections = 4;
  std::vector<std::string> sockets; ///< none: texlexd's default
  std::optional<std::string> mix;
  std::optional<std::string> documents_folder;
  std::optional<double> open_rate;     ///< none: closed loop
  std::optional<std::string> arrivals; ///< none: poisson
  std::optional<uint32_t> in_flight;
  bool reconnect = false;
  std::optional<double> duration_s;
  double warm_up_s = 1;
  std::optional<uint64_t> seed;
  uint64_t timeout_ms = 30'000;
  bool no_check = false;
  bool allow_refusals = false;
  std::optional<std::string> json;
  std::string label;
};

/// Adds the subcommand and its flags; `options` must outlive the parse.
CLI::App* add_bench_command(CLI::App& app, bench_options& options);

/// Carries it out; says how the program ends: 0 only if every counted request was answered ok and right.
[[nodiscard]] int run_bench(const bench_options& options);

} // namespace texlex::cli
