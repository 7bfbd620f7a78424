// `texlex tokens`: documents in, tokens out.
#pragma once

#include <CLI/CLI.hpp>

#include "clients/cli/exit_status.hpp"
#include "clients/cli/tokens_options.hpp"

namespace texlex::cli {

/// Adds the subcommand and its flags; `options` must outlive the parse.
CLI::App* add_tokens_command(CLI::App& app, tokens_options& options);

/// Adds what is said to a texlexd with each request.
void add_request_flags(CLI::App& command, tokens_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_tokens(const tokens_options& options);

} // namespace texlex::cli
