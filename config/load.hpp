// Settings out of a TOML file. What the file does not name keeps its value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// Reads a file over `settings`. Every error, each one sentence with file and line: a file that cannot be read or is
/// no TOML, a key that does not exist, a value of another type. Ranges are `check`'s business.
[[nodiscard]] std::vector<std::string> load_toml(const std::string& path, settings& settings);

/// The same of a text, whose errors are told with `name` instead of a file's.
[[nodiscard]] std::vector<std::string> load_toml_text(std::string_view text, const std::string& name,
                                                      settings& settings);

/// All settings as a TOML file with the meaning of each above it, ready to be edited.
[[nodiscard]] std::string to_toml(const settings& settings);

} // namespace texlex
