// How much of a long document is scanned between two looks at the sockets: what takes about the time aimed at, going by
// what the part before took, as bytes of one document may take a hundred times as long as another's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/time.hpp"

namespace texlex {

class part_size {
public:
  static constexpr uint64_t bytes_min = 4u << 10, bytes_max = 512u << 10, bytes_at_first = 64u << 10;

  explicit part_size(duration aim) noexcept : aim_(aim) {}

  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; } ///< of the next part

  /// A part of so many bytes took so long.
  void took(duration length) noexcept {
    constexpr double growth_max = 4; // a part that was skipped over fast may be followed by one that is not
    const double ratio =
      static_cast<double>(aim_.count()) / static_cast<double>(std::max<duration::rep>(length.count(), 1));
    const double wanted = static_cast<double>(bytes_) * std::min(ratio, growth_max);
    bytes_ = static_cast<uint64_t>(std::clamp(wanted, static_cast<double>(bytes_min), static_cast<double>(bytes_max)));
  }

private:
  duration aim_;
  uint64_t bytes_ = bytes_at_first;
};

} // namespace texlex
