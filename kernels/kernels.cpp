#include "kernels/kernels.hpp"

#include <array>

#include "kernels/reference.hpp"

namespace texlex {
namespace {

constexpr std::array<std::string_view, 1> names{"reference"};
constexpr std::array<const kernel*, names.size()> built{&reference_kernel};

} // namespace

std::span<const std::string_view> kernel_names() noexcept { return names; }

const kernel* find_kernel(std::string_view name) noexcept {
  for (const kernel* row : built)
    if (row->name == name) return row;
  return nullptr;
}

} // namespace texlex
