#include "clients/cli/cluster_command.hpp"

#include <variant>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/cluster_status.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/exit_status.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/service_stats.hpp"
#include "runtime/host_port.hpp"

namespace texlex::cli {

CLI::App* add_cluster_command(CLI::App& app, cluster_options& options) {
  auto* command = app.add_subcommand("cluster", "Look at the cluster of a running texlexd");
  command->require_subcommand(1);
  auto* status = command->add_subcommand("status", "Show the other nodes of a texlexd's cluster, as it sees them");
  status->add_option("--socket", options.socket, "Unix socket or host:port of texlexd, where its clients connect to")
    ->transform(address_of_url)
    ->required();
  status->add_flag("--json", options.json, "one JSON object instead of a table");
  status->add_option("--timeout-ms", options.timeout_ms, "how long the answer may take")
    ->check(CLI::Range(1, 3'600'000))
    ->capture_default_str();
  status->footer("Exit status: 0 ok; 2 usage; 3 the output not written; 4 texlexd could not be reached or did not\n"
                 "answer; 5 it has no cluster; 141, as a shell tells it, nobody reads the output.");
  return command;
}

int run_cluster_status(const cluster_options& options) {
  const auto told = stats_of(options.socket, options.timeout_ms);
  if (const auto* const status = std::get_if<exit_status>(&told)) return *status;
  const auto cluster = read_cluster_status(std::get<std::string>(told));
  if (!cluster) {
    complain(fmt::format("the texlexd at {} has no cluster: it was started without cluster.listen",
                         escape_file_name(options.socket)));
    return exit_no_cluster;
  }
  return write(stdout, options.json ? cluster_json(*cluster) : cluster_table(*cluster)) ? exit_ok : exit_input;
}

} // namespace texlex::cli
