// texlex: the command line. Each subcommand is a file of its own.
#include <CLI/CLI.hpp>

#include <exception>
#include <new>
#include <sstream>
#include <string>

#include "clients/cli/bench_command.hpp"
#include "clients/cli/cluster_command.hpp"
#include "clients/cli/corpus_command.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/ping_command.hpp"
#include "clients/cli/tokens_command.hpp"
#include "clients/cli/verify_command.hpp"
#include "config/usage_error.hpp"

namespace {

int run(int argument_count, char** arguments) {
  using namespace texlex::cli;
  CLI::App app{"texlex reads LaTeX documents as TeX's own scanner does.", "texlex"};
  app.set_version_flag("--version", "texlex " TEXLEX_VERSION);
  app.require_subcommand(1);
  app.footer(
    "Exit status: 0 ok; 1 issues, with tokens --strict; 2 usage; 3 an input could not be read, the output not\n"
    "written, or memory ran out; 4 texlexd could not be reached, refused or was wrong; 5 it has no cluster, with\n"
    "cluster status; 6 it drains, with ping --ready; 130 and 143 a bench interrupted by SIGINT or SIGTERM, after\n"
    "its report; 141, as a shell tells it, nobody reads the output.");
  tokens_options tokens;
  verify_options verify;
  bench_options bench;
  const auto* tokens_command = add_tokens_command(app, tokens);
  add_verify_command(app, verify);
  const auto* bench_command = add_bench_command(app, bench);
  corpus_options corpus;
  const auto* corpus_command = add_corpus_command(app, corpus);
  cluster_options cluster;
  const auto* cluster_command = add_cluster_command(app, cluster);
  ping_options ping;
  const auto* ping_command = add_ping_command(app, ping);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    // Help and version end well; anything else is a matter of usage.
    if (error.get_exit_code() != 0) {
      complain(texlex::usage_error(app, error, escape_file_name));
      return exit_usage;
    }
    std::ostringstream output;
    app.exit(error, output, output);
    return write(stdout, output.str()) ? exit_ok : exit_input;
  }
  if (*bench_command) return run_bench(bench);
  if (*corpus_command) return run_corpus(corpus);
  if (*ping_command) return run_ping(ping);
  if (*cluster_command) return run_cluster_status(cluster);
  return *tokens_command ? run_tokens(tokens) : run_verify(verify);
}

} // namespace

int main(int argument_count, char** arguments) {
  using namespace texlex::cli;
  prepare_standard_streams();
  int status = exit_input;
  try {
    status = run(argument_count, arguments);
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return finish_output() || status > exit_input ? status : exit_input;
}
