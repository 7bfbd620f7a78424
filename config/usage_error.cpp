#include "config/usage_error.hpp"

#include <algorithm>
#include <vector>

namespace texlex {
namespace {

// The first of the words that mean nothing where they stand, as CLI11 tells all of them from behind, or, where a
// subcommand is missing, none.
std::string unexpected_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const auto found = std::find_if(words.begin(), words.end(), [](const std::string& word) { return word != "--"; });
  return found == words.end() ? std::string{} : *found;
}

} // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& error, std::string (*shown)(std::string_view)) {
  std::string command = app.get_name();
  const auto subcommands = app.get_subcommands();
  for (const CLI::App* each : subcommands) command += " " + each->get_name();
  // Of a mistyped name CLI11 may say no more than that the right one is missing.
  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::string word = unexpected_word(app);
  if (is_missing && subcommands.empty() && !word.empty())
    return "there is no subcommand or option \"" + shown(word) + "\" here; " + command + " --help lists them";
  const bool names_word = (is_missing || is_extra) && !word.empty();
  const std::string what = names_word ? "\"" + shown(word) + "\" is not expected here" : shown(error.what());
  return what + "; " + command + " --help tells more";
}

} // namespace texlex
