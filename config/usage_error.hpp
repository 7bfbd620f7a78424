// What is wrong with a command line, told in one line, as all else that goes wrong is.
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace texlex {

/// The sentence about an `error` that `app`, which has the program's name, ended its parse with. It names the word that
/// does not belong there, and the command whose help tells more. `shown` makes what somebody wrote fit for a line.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error,
                                      std::string (*shown)(std::string_view));

} // namespace texlex
