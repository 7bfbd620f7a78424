// The program texlexd: settings in, the house built from the bottom up, signals awaited, everything taken down in
// order. The only file that knows every room.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/exit_status.hpp"
#include "actors/server/request_server.hpp"
#include "actors/service.hpp"
#include "actors/worker_process.hpp"
#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/regimes.hpp"
#include "config/validate.hpp"
#include "kernels/kernels.hpp"
#include "runtime/limits.hpp"
#include "runtime/socket.hpp"

namespace texlex {
namespace {

constexpr std::chrono::seconds start_timeout{60};

// Log, sockets that listen, the I/O loop's own, and connections that are being refused.
constexpr uint64_t files_of_its_own = 100;

/// What the flags say beside the settings.
struct command_line {
  std::string profile;     ///< empty: none
  std::string config_path; ///< empty: none
  bool print_config = false;
};

/// The settings, or the status to exit with.
using read_settings = std::variant<settings, int>;

/// Flags over `target`; the status to exit with if there is nothing to serve.
std::optional<int> parse_flags(int argc, char** argv, settings& target, command_line& line) {
  CLI::App app{"texlexd: a TeX-faithful LaTeX tokenizer as a service"};
  app.set_version_flag("--version", "texlexd " TEXLEX_VERSION);
  app.require_subcommand(1);
  CLI::App* serve = app.add_subcommand("serve", "Serve until SIGTERM or SIGINT; a second signal ends at once");
  serve->add_option("--profile", line.profile,
                    fmt::format("Settings for a kind of load ({}); --config and flags override them",
                                fmt::join(profile_names(), ", ")));
  serve->add_option("--config", line.config_path, "TOML file with settings; flags override it");
  serve->add_flag("--print-config", line.print_config, "Print the settings in force as a TOML file, and exit");
  serve->footer(
    "Exit status: 0 served and drained; 1 a second signal, or a thread that did not end, ended it at once; 2 usage or "
    "settings; 3 too many workers hang (workers.stuck_max), to be started anew; 4 it could not serve; 5 no "
    "worker could be had for workers.absent_max_s, to be started anew.");
  add_setting_flags(*serve, target);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_status::served : exit_status::usage; // help and version are no errors
  }
}

int complain(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) std::fprintf(stderr, "texlexd: %s\n", error.c_str());
  return exit_status::usage;
}

// Defaults, then the profile, then the file, then the flags: so the flags are read twice, first to learn of the others.
read_settings read(int argc, char** argv) {
  settings result;
  command_line line;
  settings first_pass;
  if (const auto status = parse_flags(argc, argv, first_pass, line)) return *status;
  if (line.profile.empty() && line.config_path.empty()) {
    result = first_pass;
  } else {
    std::vector<std::string> errors;
    if (!line.profile.empty()) errors = load_profile(line.profile, result);
    if (errors.empty() && !line.config_path.empty()) errors = load_toml(line.config_path, result);
    if (!errors.empty()) return complain(errors);
    if (const auto status = parse_flags(argc, argv, result, line)) return *status;
  }
  if (const auto errors = check(result); !errors.empty()) return complain(errors);
  if (line.print_config) {
    std::fputs(to_toml(result).c_str(), stdout);
    return exit_status::served;
  }
  return result;
}

// Blocked before any thread exists, so that all inherit it and only `wait_for_signal` sees them.
sigset_t block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&handled, signal);
  sigset_t blocked = handled;
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  return handled;
}

int wait_for_signal(const sigset_t& handled) {
  int signal = 0;
  while (sigwait(&handled, &signal) != 0) {
  }
  return signal;
}

// The line a script waits for: everything it needs to connect.
void print_ready(const server_endpoints& endpoints, const kernel& kernel, uint32_t workers) {
  std::string line = "texlexd ready:";
  if (!endpoints.unix_socket.empty()) line += " unix " + endpoints.unix_socket;
  if (!endpoints.tcp_address.empty()) {
    const bool ipv6 = endpoints.tcp_address.find(':') != std::string::npos;
    const std::string address = ipv6 ? "[" + endpoints.tcp_address + "]" : endpoints.tcp_address;
    line += " tcp " + address + ":" + std::to_string(endpoints.tcp_port);
  }
  line += " kernel " + std::string{kernel.name} + " workers " + std::to_string(workers);
  line += " pid " + std::to_string(getpid());
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int cannot(const std::string& sentence) {
  std::fprintf(stderr, "texlexd: cannot serve: %s\n", sentence.c_str());
  return exit_status::cannot_serve;
}

document_memory memory_for(const settings& settings) {
  return settings.workers.isolation == "process" ? document_memory::shared : document_memory::own;
}

// A connection is a file; beyond the limit, connections wait in the kernel instead of being told so. So is a document
// that is shared with workers' processes; beyond the limit, requests are refused.
void warn_if_files_are_few(const settings& settings) {
  const uint64_t files = raise_open_files_limit();
  const bool shared = memory_for(settings) == document_memory::shared;
  const uint64_t documents = shared ? settings.limits.requests_max + limits::shared_documents_kept_max : 0;
  if (files < settings.server.connections_max + documents + files_of_its_own)
    spdlog::warn("this process may open {} files, too few for server.connections_max = {}{}: raise RLIMIT_NOFILE",
                 files, settings.server.connections_max,
                 shared ? fmt::format(" and limits.requests_max = {}", settings.limits.requests_max) : "");
}

int serve(const settings& settings, const sigset_t& signals) {
  const regime* regime = find_regime(settings.workers.regime);
  const kernel* kernel = find_kernel(settings.workers.kernel);
  if (regime == nullptr || kernel == nullptr) return complain({"workers.regime or workers.kernel is unknown"});

  warn_if_files_are_few(settings);
  service house{settings, *kernel};
  request_server server{settings.server, settings.limits, regime, house, memory_for(settings)};
  house.connect([&server](job_id id, const outcome& result) { server.deliver(id, result); },
                [&server](job_id number, const metrics_report& report) { server.tell(number, report); });
  house.run_on_loop([&server] { server.wake(); });
  server.on_turn([&house] { return house.turn(); });
  // Whatever happens from here on: the house goes before the server it delivers to, but after its loop.
  struct ending {
    service& house;
    request_server& server;
    ~ending() {
      server.drain(now());
      house.loop_ended();
      house.shutdown();
    }
  } const ending{house, server};

  const health_report health = house.wait_until_settled(start_timeout);
  if (!health.ready()) return cannot("no worker could be started; see the log");
  const auto started = server.start();
  if (const auto* error = std::get_if<server_error>(&started)) return cannot(error->sentence);
  print_ready(std::get<server_endpoints>(started), *kernel, health.lanes_alive);

  spdlog::info("signal {}: draining for at most {} ms", wait_for_signal(signals), settings.server.drain_timeout_ms);
  std::thread{[&signals] {
    wait_for_signal(signals);
    std::fprintf(stderr, "texlexd: a second signal: ending at once\n");
    std::_Exit(exit_status::ended_at_once);
  }}.detach(); // it waits for what may never come; the process does not wait for it
  const uint64_t cut_off = server.drain(now() + std::chrono::milliseconds{settings.server.drain_timeout_ms});
  if (cut_off > 0) spdlog::warn("the drain ran out of time: {} requests ended with shutting-down", cut_off);
  return exit_status::served;
}

int run(int argc, char** argv) {
  // Static, as the thread that waits for a second signal outlives `main`'s locals.
  static const sigset_t signals = block_signals();
  const auto read_result = read(argc, argv);
  if (const int* status = std::get_if<int>(&read_result)) return *status;
  settings settings = std::get<texlex::settings>(read_result);
  if (settings.server.unix_socket.empty() && settings.server.tcp_port < 0)
    settings.server.unix_socket = default_socket();

  spdlog::set_default_logger(spdlog::stderr_color_mt("texlexd"));
  spdlog::set_level(spdlog::level::from_str(settings.log.level == "warn" ? "warning" : settings.log.level));
  try {
    return serve(settings, signals);
  } catch (const std::exception& error) {
    return cannot(error.what());
  }
}

} // namespace
} // namespace texlex

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == texlex::worker_command) return texlex::run_worker_process();
  return texlex::run(argc, argv);
}
