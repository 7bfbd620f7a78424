#include "config/profiles.hpp"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "config/load.hpp"

namespace texlex {
namespace {

struct profile {
  std::string_view name;
  std::string_view text;
};

// Written by config/CMakeLists.txt out of config/profiles/*.toml.
constexpr profile profiles[] = {
#include "profiles.inc"
};

constexpr auto all_names = [] {
  std::array<std::string_view, std::size(profiles)> found{};
  std::transform(std::begin(profiles), std::end(profiles), found.begin(), [](const profile& p) { return p.name; });
  return found;
}();

} // namespace

std::span<const std::string_view> profile_names() noexcept { return all_names; }

std::vector<std::string> load_profile(std::string_view name, settings& settings) {
  const auto found =
    std::find_if(std::begin(profiles), std::end(profiles), [&](const profile& p) { return p.name == name; });
  if (found == std::end(profiles))
    return {fmt::format("there is no profile \"{}\"; there are: {}.", name, fmt::join(all_names, ", "))};
  return load_toml_text(found->text, fmt::format("profile {}", name), settings);
}

} // namespace texlex
