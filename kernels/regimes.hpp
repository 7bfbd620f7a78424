// The named regimes: category codes and end-line character as the real formats hold them (kernels/tables).
#pragma once

#include <span>
#include <string_view>

#include "kernels/regime.hpp"

namespace texlex {

/// The regime a document body is read in unless something else is asked for.
inline constexpr std::string_view default_regime_name = "latex";

/// The names of all regimes, the Unicode ones first: initex, plain, latex, latex-package, expl3; then the same with
/// `-8bit` behind.
[[nodiscard]] std::span<const std::string_view> regime_names() noexcept;

/// The regime of that name, made at its first use and kept; null if there is none. Thread-safe.
[[nodiscard]] const regime* find_regime(std::string_view name);

} // namespace texlex
