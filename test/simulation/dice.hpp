// Chance that follows from a seed. What comes out does not depend on the standard library, so that a seed means the
// same world everywhere; but for `exponential`, which worlds that must not differ have no use for.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "runtime/time.hpp"

namespace texlex::simulation {

/// Spreads its bits over all of the result. Sebastiano Vigna, SplitMix64.
[[nodiscard]] constexpr uint64_t mixed(uint64_t bits) noexcept {
  bits += 0x9E3779B97F4A7C15;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

class dice {
public:
  explicit dice(uint64_t seed) noexcept : state_(mixed(seed)) {}

  uint64_t next() noexcept { return mixed(state_ += 0x9E3779B97F4A7C15); }
  /// From `low` to `high`, both included.
  uint64_t between(uint64_t low, uint64_t high) noexcept { return low + next() % (high - low + 1); }
  uint32_t pick(uint32_t low, uint32_t high) noexcept { return static_cast<uint32_t>(between(low, high)); }
  duration us(uint64_t low, uint64_t high) noexcept {
    return std::chrono::microseconds{static_cast<int64_t>(between(low, high))};
  }
  /// Of mean 1.
  double exponential() noexcept { return -std::log1p(-static_cast<double>(next() >> 11) * 0x1p-53); }
  bool in_1000(uint32_t times) noexcept { return next() % 1000 < times; }
  template <class Values>
  const auto& of(const Values& values) noexcept {
    return values[next() % std::size(values)];
  }

private:
  uint64_t state_;
};

/// A length so many times as long.
[[nodiscard]] inline duration times(double factor, duration length) noexcept {
  return duration{static_cast<duration::rep>(factor * static_cast<double>(length.count()))};
}

} // namespace texlex::simulation
