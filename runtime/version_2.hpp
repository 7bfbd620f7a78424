// What the payloads of version 2's frames have in common. For the files that encode and decode them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace texlex::version_2 {

// Columns are sent as they lie in memory.
static_assert(std::endian::native == std::endian::little, "texlex speaks version 2 on little-endian machines only");

inline constexpr std::array<uint8_t, 4> magic{'T', 'X', 'L', 'X'};

[[nodiscard]] inline bool begins_with_magic(std::span<const uint8_t> payload) noexcept {
  return payload.size() >= magic.size() && std::equal(magic.begin(), magic.end(), payload.begin());
}

[[nodiscard]] inline bool all_zero(std::span<const uint8_t> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

} // namespace texlex::version_2
