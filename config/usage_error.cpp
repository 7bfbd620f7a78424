#include "config/usage_error.hpp"

namespace texlex {

std::string usage_error(const CLI::App& app, const CLI::ParseError& error, std::string (*shown)(std::string_view)) {
  std::string command = app.get_name();
  const auto subcommands = app.get_subcommands();
  for (const CLI::App* each : subcommands) command += " " + each->get_name();
  const auto words = app.remaining();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && subcommands.empty() && !words.empty())
    return "there is no subcommand or option \"" + shown(words.front()) + "\" here; " + command + " --help lists them";
  return shown(error.what()) + "; " + command + " --help tells more";
}

} // namespace texlex
