// From an address as a person writes it to one that a socket connects to. Names are looked up here, once, before a run.
#pragma once

#include <string>
#include <variant>

#include "clients/cli/bench/load_plan.hpp"

namespace texlex::load {

struct target_error {
  std::string sentence;
};

/// A Unix socket's path (it has a slash) or host:port.
[[nodiscard]] std::variant<load_target, target_error> find_target(const std::string& address);

} // namespace texlex::load
