// Every latency of a run, so that percentiles are exact. One is told only where the count supports it: a percentile
// with fewer than ten samples beyond it says more of those few than of the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace texlex::load {

/// Samples that must lie beyond a percentile.
inline constexpr uint64_t samples_beyond_min = 10;

struct curve_point {
  double percentile = 0;
  uint32_t us = 0;

  friend bool operator==(const curve_point&, const curve_point&) = default;
};

/// Whether so many samples support a percentile of this share, in parts per million.
[[nodiscard]] bool supports(uint64_t count, uint32_t parts_per_million) noexcept;

class latency_samples {
public:
  /// In any order.
  explicit latency_samples(std::vector<uint32_t> us);

  [[nodiscard]] size_t count() const noexcept { return sorted_us_.size(); }

  /// The least sample that this share of all, in parts per million, do not exceed: 999'000 asks for p99.9.
  [[nodiscard]] std::optional<uint32_t> percentile_us(uint32_t parts_per_million) const noexcept;

  [[nodiscard]] std::optional<uint32_t> max_us() const noexcept;

  /// Percentiles for plotting, the denser the closer to the tail, as far as the count supports them.
  [[nodiscard]] std::vector<curve_point> curve() const;

private:
  std::vector<uint32_t> sorted_us_;
};

} // namespace texlex::load
