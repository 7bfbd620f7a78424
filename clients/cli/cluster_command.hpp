// `texlex cluster status`: the cluster of a running texlexd, as that one sees it.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace texlex::cli {

struct cluster_options {
  std::string socket;
  uint32_t timeout_ms = 5'000; ///< for the answer
  bool json = false;
};

/// Adds the subcommand and its flags, and returns it; `options` must outlive the parse.
CLI::App* add_cluster_command(CLI::App& app, cluster_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_cluster_status(const cluster_options& options);

} // namespace texlex::cli
