// texlex: the command line. Each subcommand is a file of its own.
#include <CLI/CLI.hpp>

#include <exception>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/bench_command.hpp"
#include "clients/cli/tokens_command.hpp"
#include "clients/cli/verify_command.hpp"

namespace {

int run(int argument_count, char** arguments) {
  using namespace texlex::cli;
  CLI::App app{"texlex reads LaTeX documents as TeX's own scanner does."};
  app.set_version_flag("--version", "texlex " TEXLEX_VERSION);
  app.require_subcommand(1);
  tokens_options tokens;
  verify_options verify;
  bench_options bench;
  const auto* tokens_command = add_tokens_command(app, tokens);
  add_verify_command(app, verify);
  const auto* bench_command = add_bench_command(app, bench);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    // Help and version end well; anything else is a matter of usage.
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (*bench_command) return run_bench(bench);
  return *tokens_command ? run_tokens(tokens) : run_verify(verify);
}

} // namespace

int main(int argument_count, char** arguments) {
  try {
    return run(argument_count, arguments);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "texlex: out of memory\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "texlex: {}\n", error.what());
  }
  return texlex::cli::exit_input;
}
