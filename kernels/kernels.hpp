// The kernels this machine can run, by name.
#pragma once

#include <span>
#include <string_view>

#include "kernels/scan.hpp"

namespace texlex {

/// The names `--kernel` takes, the best kernel's first: those of this build that this processor can run. `reference`
/// is always among them, and the last.
[[nodiscard]] std::span<const std::string_view> kernel_names() noexcept;

/// The kernel of that name; null if there is none, or this processor cannot run it. `best` is the first of
/// `kernel_names`.
[[nodiscard]] const kernel* find_kernel(std::string_view name) noexcept;

inline constexpr std::string_view best_kernel_name = "best";

/// The environment variable that stands in for `--kernel` where that is not given.
inline constexpr const char* kernel_environment_variable = "TEXLEX_KERNEL";

} // namespace texlex
