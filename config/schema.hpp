// One row for each setting: its section and key in TOML, its flag, its range and its meaning. Loading, checking, the
// flags of texlexd and the printed defaults all walk this table, so a setting is added here and in settings.hpp only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.hpp"

namespace texlex {

/// Finds the field of a setting within settings.
template <class T>
using field_of = T& (*)(settings&);

struct field {
  std::string_view section; ///< with the section it lies within before it, such as cluster.tls
  std::string_view key;
  std::string_view flag; ///< as CLI11 writes it, such as `--unix`
  std::variant<field_of<std::string>, field_of<bool>, field_of<uint32_t>, field_of<int32_t>, field_of<uint64_t>,
               field_of<std::vector<uint32_t>>, field_of<std::vector<std::string>>>
    access;
  int64_t lowest;  ///< of a number; for a string, or each of a list, its least length
  int64_t highest; ///< of a number, or of each number of a list; for a string, or each of a list, its greatest length
  std::string_view meaning;
  bool octal = false; ///< a number people read and write in octal
};

[[nodiscard]] std::span<const field> schema() noexcept;

} // namespace texlex
