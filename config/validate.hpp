// Whether settings make sense, as a whole and one by one.
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// Every error, each one sentence that names the key, its value and what it may be; empty: the settings hold.
[[nodiscard]] std::vector<std::string> check(const settings& settings);

} // namespace texlex
