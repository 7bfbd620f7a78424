// What the command line asks for: settings to serve with, or something to print.
#pragma once

#include <variant>

#include "config/settings.hpp"

namespace texlex {

/// The settings to serve with, checked, or the status to exit with: something was printed, or there was a mistake.
[[nodiscard]] std::variant<settings, int> read_command_line(int argc, char** argv);

} // namespace texlex
