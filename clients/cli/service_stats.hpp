// The stats of a running texlexd, for commands that look at it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "clients/cli/exit_status.hpp"

namespace texlex::cli {

/// Or how the program ends, once it has been said why.
[[nodiscard]] std::variant<std::string, exit_status> stats_of(const std::string& socket, uint32_t timeout_ms);

} // namespace texlex::cli
