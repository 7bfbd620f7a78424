// Latencies counted in buckets, so that millions of them take a fixed 30 KiB, several counts can be merged, and any
// percentile can be asked for later. Linear within a power of two, so that the error is relative: below 1 %.
//
//   us        0..127   128..255   256..511   512..1023   ...   up to 2^36 (19 hours); beyond is counted as that
//   width        1         1          2          4              128 buckets a row
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace texlex {

class histogram {
public:
  histogram();

  void record(uint64_t us) noexcept;

  /// Adds all that `other` counted.
  void merge(const histogram& other) noexcept;

  void clear() noexcept;

  [[nodiscard]] uint64_t count() const noexcept { return count_; }
  [[nodiscard]] uint64_t max_us() const noexcept { return max_us_; }

  /// The least value that at least `percent` of a hundred values do not exceed, rounded up to its bucket's end but
  /// never above the greatest value seen. 0 if nothing was counted. `percent` is taken as lying in 0..100.
  [[nodiscard]] uint64_t percentile_us(double percent) const noexcept;

private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t max_us_ = 0;
};

} // namespace texlex
