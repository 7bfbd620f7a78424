#include "runtime/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace texlex {
namespace {

constexpr uint32_t row_bits = 7;
constexpr uint64_t row_buckets = 1u << row_bits;
constexpr uint32_t value_bits = 36;
constexpr uint64_t value_max = (uint64_t{1} << value_bits) - 1;
constexpr size_t bucket_count = (value_bits - row_bits + 1) * row_buckets;

// Row 0 holds 0..127 one by one; row r > 0 holds the values with 7 + r bits, shifted right by r - 1.
size_t bucket_of(uint64_t us) {
  const auto bits = static_cast<uint32_t>(std::bit_width(us));
  if (bits <= row_bits) return us;
  const uint32_t row = bits - row_bits;
  return row * row_buckets + ((us >> (row - 1)) - row_buckets);
}

uint64_t last_value_of(size_t bucket) {
  if (bucket < row_buckets) return bucket;
  const uint64_t row = bucket / row_buckets;
  const uint64_t first = (row_buckets + bucket % row_buckets) << (row - 1);
  return first + (uint64_t{1} << (row - 1)) - 1;
}

} // namespace

histogram::histogram() : buckets_(bucket_count) {}

void histogram::record(uint64_t us) noexcept {
  const uint64_t value = std::min(us, value_max);
  ++buckets_[bucket_of(value)];
  ++count_;
  max_us_ = std::max(max_us_, value);
}

void histogram::merge(const histogram& other) noexcept {
  for (size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_us_ = std::max(max_us_, other.max_us_);
}

void histogram::clear() noexcept {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = 0;
  max_us_ = 0;
}

uint64_t histogram::percentile_us(double percent) const noexcept {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  const auto rank =
    std::clamp(static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_))), uint64_t{1}, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(last_value_of(i), max_us_);
  }
  return max_us_;
}

} // namespace texlex
