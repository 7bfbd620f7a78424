// `texlex tokens`: documents in, tokens out.
#pragma once

#include <CLI/CLI.hpp>

#include "clients/cli/exit_status.hpp"
#include "clients/cli/tokens_options.hpp"

namespace texlex::cli {

/// Adds the subcommand and its flags; `options` must outlive the parse.
CLI::App* add_tokens_command(CLI::App& app, tokens_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_tokens(const tokens_options& options);

} // namespace texlex::cli
