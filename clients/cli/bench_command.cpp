#include "clients/cli/bench_command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "clients/cli/bench/document_folder.hpp"
#include "clients/cli/bench/document_mix.hpp"
#include "clients/cli/bench/load_generator.hpp"
#include "clients/cli/bench/load_target.hpp"
#include "clients/cli/bench/run_summary.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/exit_status.hpp"
#include "clients/cli/input.hpp"
#include "clients/cli/output.hpp"
#include "clients/cli/tokenize.hpp"
#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"
#include "runtime/socket.hpp"

namespace texlex::cli {
namespace {

using namespace load;

constexpr double duration_s_default = 10;
constexpr double duration_s_max = 24 * 3600;
constexpr double rate_max = 10'000'000;
constexpr uint64_t timeout_ms_max = 3'600'000;
constexpr uint32_t in_flight_closed = 1;
constexpr uint32_t in_flight_open = 64;
/// For the server's figures: a run should not end with a long wait for a server that does not tell.
constexpr client::timeout figures_timeout{2000};
/// Descriptors a run needs beside its connections.
constexpr uint64_t files_of_its_own = 32;

struct failure {
  int exit_status;
  std::string sentence;
};

int complain(const failure& why) {
  cli::complain(why.sentence);
  return why.exit_status;
}

duration to_duration(double seconds) { return duration{static_cast<int64_t>(seconds * 1e9)}; }

// What no single flag can be wrong about.
std::string contradiction(const bench_options& options) {
  // An empty name is none: what a script forgot to fill in is not to be taken for what it left out.
  for (const auto& [flag, value] : {std::pair{"a document", &options.file},
                                    {"--mix", &options.mix},
                                    {"--documents", &options.documents_folder},
                                    {"--json", &options.json}})
    if (*value && (*value)->empty()) return fmt::format("{} has an empty name; give one or leave it out", flag);
  if (options.file.has_value() == options.mix.has_value()) return "give a document, or --mix and --documents";
  if (options.mix.has_value() != options.documents_folder.has_value()) return "--mix and --documents need each other";
  if (options.count && options.duration_s) return "--count and --duration exclude each other";
  if (options.sockets.size() > targets_max) return fmt::format("--socket may be given {} times", targets_max);
  if (options.sockets.size() > options.connections) return "there are fewer connections than sockets";
  if (options.arrivals && !options.open_rate)
    return "--arrivals tells how the open loop sends; add --open or leave out --arrivals";
  if (options.reconnect && options.open_rate) return "--reconnect is for the closed loop; leave out --open";
  if (options.reconnect && options.in_flight.value_or(1) != 1) return "--reconnect has one request in flight";
  const double expected = options.open_rate.value_or(0) * options.duration_s.value_or(duration_s_default);
  if (!options.count && expected > static_cast<double>(counted_max))
    return fmt::format("that rate and duration make more than {} requests, the most a run counts", counted_max);
  return {};
}

std::optional<failure> add_document(load_plan& plan, const std::string& path, const weighted_name& named) {
  input read = read_input(path);
  if (!read.error.empty()) return failure{exit_input, read.error};
  if (read.bytes.size() > limits::document_bytes_max)
    return failure{exit_input, fmt::format("{} has more than {} bytes; no server takes it", escape_file_name(path),
                                           limits::document_bytes_max)};
  const outcome expected = plan.check ? expected_outcome(read.bytes) : outcome{};
  plan.documents.push_back({named.name, {read.bytes.begin(), read.bytes.end()}, expected, named.weight});
  return std::nullopt;
}

std::optional<failure> add_documents(load_plan& plan, const bench_options& options) {
  if (!options.mix) return add_document(plan, *options.file, {*options.file, 1});
  auto parsed = parse_mix(*options.mix);
  if (const auto* error = std::get_if<mix_error>(&parsed)) return failure{exit_usage, error->sentence};
  for (const weighted_name& named : std::get<std::vector<weighted_name>>(parsed)) {
    const auto found = find_document(*options.documents_folder, named.name);
    if (const auto* error = std::get_if<folder_error>(&found)) return failure{exit_input, error->sentence};
    if (auto why = add_document(plan, std::get<std::string>(found), named)) return why;
  }
  return std::nullopt;
}

std::optional<failure> add_targets(load_plan& plan, const bench_options& options) {
  const auto addresses = options.sockets.empty() ? std::vector{default_socket()} : options.sockets;
  for (const std::string& address : addresses) {
    auto found = find_target(address);
    if (const auto* error = std::get_if<target_error>(&found)) return failure{exit_usage, error->sentence};
    plan.targets.push_back(std::move(std::get<load_target>(found)));
  }
  return std::nullopt;
}

void set_scalars(load_plan& plan, const bench_options& options) {
  plan.requests_per_second = options.open_rate;
  plan.arrivals = options.arrivals == "fixed" ? arrivals::fixed : arrivals::poisson;
  plan.connections = options.connections;
  plan.in_flight = options.in_flight.value_or(options.open_rate ? in_flight_open : in_flight_closed);
  plan.reconnect = options.reconnect;
  plan.count = options.count.value_or(0);
  plan.span = to_duration(options.count ? 0 : options.duration_s.value_or(duration_s_default));
  plan.warm_up = to_duration(options.warm_up_s);
  plan.timeout = std::chrono::milliseconds{options.timeout_ms};
  plan.seed = options.seed ? *options.seed : std::random_device{}();
  plan.check = !options.no_check;
  plan.show_progress = isatty(STDERR_FILENO) == 1;
  plan.heed_signals = true;
}

struct file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using open_file = std::unique_ptr<std::FILE, file_closer>;

bool write_all(std::FILE* out, const std::string& text) { return write(out, text) && std::fflush(out) == 0; }

// The table goes where the JSON does not. Of standard output `finish_output` says why it was not written.
int write_report(const run_report& report, const bench_options& options, std::FILE* json) {
  const bool json_on_stdout = options.json == "-";
  const bool table_written = write_all(json_on_stdout ? stderr : stdout, as_table(report));
  const bool json_written = !options.json || write_all(json_on_stdout ? stdout : json, as_json_line(report));
  if (!json_written && !json_on_stdout)
    return complain({exit_input, "cannot write the report to " + escape_file_name(*options.json)});
  if (!table_written || !json_written) return exit_input;
  if (const int signal = report.result.interrupted_by; signal != 0) return exit_signalled + signal;
  if (!report.result.error.empty()) return complain({exit_service, "the run was ended: " + report.result.error});
  if (report.passed()) return exit_ok;
  const std::string& first = report.result.first_failure;
  if (first.empty()) return complain({exit_service, "no request was answered"});
  return complain({exit_service, "first of the failures: " + first});
}

std::optional<failure> ask_before(std::vector<figures_of_run>& figures, const load_plan& plan) {
  const auto limit = std::min(figures_timeout, std::chrono::duration_cast<client::timeout>(plan.timeout));
  for (const load_target& target : plan.targets) {
    auto told = ask_figures(target.address, limit);
    if (const auto* error = std::get_if<client_error>(&told)) return failure{exit_service, error->sentence};
    figures.push_back({std::move(std::get<std::optional<server_figures>>(told)), std::nullopt});
  }
  return std::nullopt;
}

// Only those that told before: one that did not would close the connection, or let us wait, once more.
void ask_after(std::vector<figures_of_run>& figures, const load_plan& plan) {
  for (size_t i = 0; i < figures.size(); ++i) {
    if (!figures[i].before) continue;
    auto told = ask_figures(plan.targets[i].address, figures_timeout);
    if (auto* given = std::get_if<std::optional<server_figures>>(&told)) figures[i].after = std::move(*given);
  }
}

int run_plan(const load_plan& plan, const bench_options& options, std::FILE* json) {
  if (raise_open_files_limit() < plan.connections + files_of_its_own)
    return complain({exit_service, "this process may not open a file for each connection: raise RLIMIT_NOFILE"});
  std::vector<figures_of_run> figures;
  if (const auto why = ask_before(figures, plan)) return complain(*why);
  const load_result result = load_generator{plan}.run();
  ask_after(figures, plan);
  const run_summary summary = summarize(plan, result);
  return write_report({options.label, options.allow_refusals, plan, result, summary, figures}, options, json);
}

void add_load_flags(CLI::App& command, bench_options& options) {
  command.add_option("--socket", options.sockets, "Unix socket or host:port; again for more, dealt in turn")
    ->transform(address_of_url)
    ->allow_extra_args(false);
  command.add_option("--mix", options.mix, "documents and weights, as in small=80,large=20; needs --documents");
  command.add_option("--documents", options.documents_folder, "the folder in which --mix names files or their stems");
  command.add_option("--open", options.open_rate, "open loop: requests a second, sent whatever the server does")
    ->check(CLI::Range(0.001, rate_max));
  command.add_option("--arrivals", options.arrivals, "of the open loop; default poisson")
    ->check(CLI::IsMember({"poisson", "fixed"}));
  command
    .add_option("--in-flight", options.in_flight,
                fmt::format("requests a connection has unanswered at most; default {} closed, {} open",
                            in_flight_closed, in_flight_open))
    ->check(CLI::Range(1u, in_flight_max));
  command.add_flag("--reconnect", options.reconnect, "closed loop: a connection a request");
}

void add_run_flags(CLI::App& command, bench_options& options) {
  command.add_option("--duration", options.duration_s, fmt::format("seconds; default {}", duration_s_default))
    ->check(CLI::Range(0.001, duration_s_max));
  command.add_option("--warm-up", options.warm_up_s, "seconds before, whose requests do not count")
    ->check(CLI::Range(0.0, duration_s_max))
    ->capture_default_str();
  command.add_option("--seed", options.seed, "of arrivals and mix; default: a random one, printed");
  command.add_option("--timeout-ms", options.timeout_ms, "a request unanswered so long has failed")
    ->check(CLI::Range(uint64_t{1}, timeout_ms_max))
    ->capture_default_str();
  command.add_flag("--no-check", options.no_check, "do not compare the answers with the result in process");
  command.add_flag("--allow-refusals", options.allow_refusals,
                   "overload, shutting-down and too-many-connections do not fail the run");
  command.add_option("--json", options.json, "append a line of JSON to this file; - is standard output");
  command.add_option("--label", options.label, "names the run in the report");
}

} // namespace

CLI::App* add_bench_command(CLI::App& app, bench_options& options) {
  auto* command = app.add_subcommand("bench", "Load a running texlexd and measure it, latency from when each was due");
  command->add_option("file", options.file, "a document; - is standard input");
  command->add_option("count,--count", options.count, "requests that count, instead of a duration")
    ->check(CLI::Range(uint64_t{1}, counted_max));
  command->add_option("connections,--connections", options.connections, "connections at one time")
    ->check(CLI::Range(1u, connections_max))
    ->capture_default_str();
  add_load_flags(*command, options);
  add_run_flags(*command, options);
  command->footer("Examples:\n"
                  "  texlex bench paper.tex 100000 4\n"
                  "  texlex bench --open 2000 --duration 60 --json runs.json --label poisson paper.tex\n"
                  "  texlex bench --mix small=80,large=20 --documents papers --socket localhost:4000\n\n"
                  "The server must serve the regime latex, its default, or --no-check be given.\n"
                  "Exit status: 0 every counted request was answered ok and right; 2 usage; 3 an input could not be\n"
                  "read or the report not written; 4 any other; 130 and 143 interrupted by SIGINT or SIGTERM, after a\n"
                  "report of what was counted until then (a second one ends it at once).");
  return command;
}

int run_bench(const bench_options& options) {
  if (const auto why = contradiction(options); !why.empty()) return complain({exit_usage, why});
  load_plan plan;
  set_scalars(plan, options);
  if (const auto why = add_documents(plan, options)) return complain(*why);
  if (const auto why = add_targets(plan, options)) return complain(*why);
  open_file json;
  if (options.json && options.json != "-") {
    json.reset(std::fopen(options.json->c_str(), "ae"));
    if (!json)
      return complain(
        {exit_input, fmt::format("cannot write {}: {}", escape_file_name(*options.json), std::strerror(errno))});
  }
  return run_plan(plan, options, json.get());
}

} // namespace texlex::cli
