// Documents grouped by size, so that what is learned of small ones is not applied to large ones. Each class but the
// last spans a factor of four; the first holds all whose fixed cost outweighs their bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace texlex {

enum class size_class : uint8_t { to_4_kib, to_16_kib, to_64_kib, to_256_kib, to_1_mib, beyond };

inline constexpr size_t size_class_count = 6;

namespace size_classes {
inline constexpr int first_bits = 12;              ///< 2^12 bytes: the end of the first class
inline constexpr int step_bits = 2;                ///< each class reaches four times as far as the one before
inline constexpr uint64_t beyond_bytes = 1u << 20; ///< the last class holds what is larger
} // namespace size_classes

[[nodiscard]] constexpr size_t index_of(size_class c) noexcept { return static_cast<size_t>(c); }

[[nodiscard]] constexpr size_class size_class_of(uint64_t bytes) noexcept {
  if (bytes == 0) return size_class::to_4_kib;
  const auto bits = static_cast<int>(std::bit_width((bytes - 1) >> size_classes::first_bits));
  const int steps = (bits + size_classes::step_bits - 1) / size_classes::step_bits;
  return static_cast<size_class>(std::min(steps, static_cast<int>(size_class::beyond)));
}

/// As metrics and logs call it.
[[nodiscard]] constexpr const char* name_of(size_class c) noexcept {
  switch (c) {
    case size_class::to_4_kib: return "4KiB";
    case size_class::to_16_kib: return "16KiB";
    case size_class::to_64_kib: return "64KiB";
    case size_class::to_256_kib: return "256KiB";
    case size_class::to_1_mib: return "1MiB";
    case size_class::beyond: return "beyond";
  }
  return "unknown";
}

} // namespace texlex
