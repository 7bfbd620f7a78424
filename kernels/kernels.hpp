// Every kernel this build has, by name.
#pragma once

#include <span>
#include <string_view>

#include "kernels/scan.hpp"

namespace texlex {

/// The names `--kernel` takes.
[[nodiscard]] std::span<const std::string_view> kernel_names() noexcept;

/// The kernel of that name; null if there is none.
[[nodiscard]] const kernel* find_kernel(std::string_view name) noexcept;

} // namespace texlex
