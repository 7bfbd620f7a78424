#include "actors/texlexd/command_line.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "actors/exit_status.hpp"
#include "config/flags.hpp"
#include "config/load.hpp"
#include "config/profiles.hpp"
#include "config/shown_text.hpp"
#include "config/usage_error.hpp"
#include "config/validate.hpp"

namespace texlex {
namespace {

constexpr const char* footer =
  "Signals: SIGTERM and SIGINT drain, a second one ends at once (with drain.grace_ms it ends the grace, and a third "
  "one "
  "ends at once); SIGQUIT ends at once; SIGUSR1 logs all counts and "
  "times; SIGUSR2 logs everything, and again as set; SIGHUP is told in the log and changes nothing.\n"
  "Exit status: 0 served and drained; 1 a further signal, SIGQUIT, or a thread that did not end, ended it at once; 2 "
  "usage or settings; 3 too many workers hang (workers.stuck_max), to be started anew; 4 it could not serve; 5 no "
  "worker could be had for workers.absent_max_s, to be started anew.";

/// What the flags say beside the settings.
struct command_line {
  std::optional<std::string> profile;
  std::optional<std::string> config_path;
  bool print_config = false;
};

int print(const std::string& text) {
  errno = 0;
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return exit_status::served;
  std::fprintf(stderr, "texlexd: cannot write to standard output: %s\n", std::strerror(errno == 0 ? EIO : errno));
  return exit_status::cannot_serve;
}

int complain(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) std::fprintf(stderr, "texlexd: %s\n", error.c_str());
  return exit_status::usage;
}

/// Flags over `target`; the status to exit with if there is nothing to serve.
std::optional<int> parse_flags(int argc, char** argv, settings& target, command_line& line) {
  CLI::App app{"texlexd: a TeX-faithful LaTeX tokenizer as a service", "texlexd"};
  app.set_version_flag("--version", "texlexd " TEXLEX_VERSION);
  app.require_subcommand(1);
  CLI::App* serve = app.add_subcommand("serve", "Serve until SIGTERM or SIGINT; a further signal ends at once");
  serve->add_option("--profile", line.profile,
                    fmt::format("Settings for a kind of load ({}); --config and flags override them",
                                fmt::join(profile_names(), ", ")));
  serve->add_option("--config", line.config_path, "TOML file with settings; flags override it");
  serve->add_flag("--print-config", line.print_config, "Print the settings in force as a TOML file, and exit");
  serve->footer(footer);
  add_setting_flags(*serve, target);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return complain({usage_error(app, error, shown_text)});
    std::ostringstream output; // help and version are no errors
    app.exit(error, output, output);
    return print(output.str());
  }
}

} // namespace

// Defaults, then the profile, then the file, then the flags: so the flags are read twice, first to learn of the others.
std::variant<settings, int> read_command_line(int argc, char** argv) {
  settings result;
  command_line line;
  settings first_pass;
  if (const auto status = parse_flags(argc, argv, first_pass, line)) return *status;
  if (!line.profile && !line.config_path) {
    result = first_pass;
  } else {
    std::vector<std::string> errors;
    if (line.profile) errors = load_profile(*line.profile, result);
    if (errors.empty() && line.config_path) errors = load_toml(*line.config_path, result);
    if (!errors.empty()) return complain(errors);
    if (const auto status = parse_flags(argc, argv, result, line)) return *status;
  }
  if (const auto errors = check(result); !errors.empty()) return complain(errors);
  if (line.print_config) return print(to_toml(result));
  return result;
}

} // namespace texlex
