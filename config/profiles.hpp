// The tuning profiles of config/profiles: settings for a kind of load, shipped inside the program.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// In alphabetical order.
[[nodiscard]] std::span<const std::string_view> profile_names() noexcept;

/// Puts what a profile names over `settings`. Every error as a sentence; an unknown name lists those there are.
[[nodiscard]] std::vector<std::string> load_profile(std::string_view name, settings& settings);

} // namespace texlex
