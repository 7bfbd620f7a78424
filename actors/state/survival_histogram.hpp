// How long attempts last, where some were stopped before they ended. Of a stopped one it is known only that it would
// have lasted longer: leaving it out, or taking it as ended, would make attempts look quicker than they are. The
// product-limit estimate (Kaplan and Meier, 1958) counts it as one that could have ended up to then, and no further.
//
//   ended at     1  2  .  4      surviving beyond 1: 3/4, beyond 2: 3/4 x 2/3 = 1/2, beyond 4: 1/2 x 0/1 = 0
//   stopped at         3
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace texlex {

class survival_histogram {
public:
  void ended(uint64_t us) noexcept;
  void stopped(uint64_t us) noexcept; ///< it had lasted so long, and would have lasted longer
  void clear() noexcept { *this = {}; }

  [[nodiscard]] uint64_t ended_count() const noexcept { return ended_; }
  [[nodiscard]] uint64_t stopped_count() const noexcept { return stopped_; }

  /// The time that only `share` of all attempts outlive, rounded up to its bucket's end: by a sixteenth at most, as
  /// long as it is below 2^24 us. Nothing if too few ended for the estimate to fall to that share.
  [[nodiscard]] std::optional<uint64_t> outlived_by(double share) const noexcept;

  void check_invariants() const;

private:
  static constexpr uint32_t row_bits = 4; ///< 16 buckets for each power of two
  static constexpr uint32_t value_bits = 24;
  static constexpr size_t bucket_count = (value_bits - row_bits + 1) << row_bits;

  struct bucket {
    uint32_t ended = 0;
    uint32_t stopped = 0;
  };

  static size_t bucket_of(uint64_t us) noexcept;
  static uint64_t last_value_of(size_t bucket) noexcept;

  std::array<bucket, bucket_count> buckets_{};
  uint64_t ended_ = 0;
  uint64_t stopped_ = 0;
};

} // namespace texlex
