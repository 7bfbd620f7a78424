// Numbers of derived columns, which have 32 bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace texlex {

/// Offsets and lines fit, as documents have no more bytes; a column may be one too many, and stays at the largest.
[[nodiscard]] constexpr uint32_t narrow(uint64_t number) noexcept {
  return static_cast<uint32_t>(std::min<uint64_t>(number, std::numeric_limits<uint32_t>::max()));
}

} // namespace texlex
