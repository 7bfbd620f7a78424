#include "clients/cli/ping_command.hpp"

#include <string_view>
#include <variant>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/exit_status.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/service_stats.hpp"
#include "clients/cli/stats_lines.hpp"
#include "runtime/host_port.hpp"

namespace texlex::cli {
namespace {

bool drains(std::string_view stats) {
  while (!stats.empty()) {
    const size_t end = stats.find('\n');
    const auto line = read_stats_line(stats.substr(0, end));
    if (line && line->name == "texlexd_draining") return line->value == "1";
    stats.remove_prefix(end == std::string_view::npos ? stats.size() : end + 1);
  }
  return false;
}

} // namespace

CLI::App* add_ping_command(CLI::App& app, ping_options& options) {
  auto* command = app.add_subcommand("ping", "Tell whether a texlexd serves, for probes");
  command->add_option("--socket", options.socket, "Unix socket or host:port of texlexd, where its clients connect to")
    ->transform(address_of_url)
    ->required();
  command->add_flag("--ready", options.ready, "also that it does not drain: new clients are welcome");
  command->add_option("--timeout-ms", options.timeout_ms, "how long the answer may take")
    ->check(CLI::Range(1, 3'600'000))
    ->capture_default_str();
  command->footer("Prints nothing if all is well. Exit status: 0 it serves; 2 usage; 4 it could not be reached or did\n"
                  "not answer; 6 it drains, with --ready.");
  return command;
}

int run_ping(const ping_options& options) {
  const auto told = stats_of(options.socket, options.timeout_ms);
  if (const auto* const status = std::get_if<exit_status>(&told)) return *status;
  if (!options.ready || !drains(std::get<std::string>(told))) return exit_ok;
  complain(fmt::format("the texlexd at {} drains", escape_file_name(options.socket)));
  return exit_draining;
}

} // namespace texlex::cli
