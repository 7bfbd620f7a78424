#include "actors/state/survival_histogram.hpp"

#include <algorithm>
#include <bit>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

/// So that 5 of 100 is reached in spite of a hundred roundings.
constexpr double rounding = 1e-9;

} // namespace

// Row 0 holds 0..15 one by one; row r > 0 holds the values with 4 + r bits, shifted right by r - 1.
size_t survival_histogram::bucket_of(uint64_t us) noexcept {
  const uint64_t value = std::min(us, (uint64_t{1} << value_bits) - 1);
  const auto bits = static_cast<uint32_t>(std::bit_width(value));
  if (bits <= row_bits) return value;
  const uint32_t row = bits - row_bits;
  return (size_t{row} << row_bits) + ((value >> (row - 1)) - (1u << row_bits));
}

uint64_t survival_histogram::last_value_of(size_t bucket) noexcept {
  const size_t row = bucket >> row_bits;
  if (row == 0) return bucket;
  const uint64_t step = (size_t{1} << row_bits) + bucket % (size_t{1} << row_bits);
  return ((step + 1) << (row - 1)) - 1;
}

void survival_histogram::ended(uint64_t us) noexcept {
  ++buckets_[bucket_of(us)].ended;
  ++ended_;
}

void survival_histogram::stopped(uint64_t us) noexcept {
  ++buckets_[bucket_of(us)].stopped;
  ++stopped_;
}

std::optional<uint64_t> survival_histogram::outlived_by(double share) const noexcept {
  double surviving = 1;
  uint64_t at_risk = ended_ + stopped_; // of ending in this bucket or later
  for (size_t i = 0; i < bucket_count && at_risk > 0; ++i) {
    const auto [ended, stopped] = buckets_[i];
    if (ended > 0) {
      surviving *= 1 - static_cast<double>(ended) / static_cast<double>(at_risk);
      if (surviving <= share + rounding) return last_value_of(i);
    }
    at_risk -= uint64_t{ended} + stopped;
  }
  return std::nullopt;
}

void survival_histogram::check_invariants() const {
  uint64_t ended = 0, stopped = 0;
  for (const bucket& each : buckets_) {
    ended += each.ended;
    stopped += each.stopped;
  }
  require(ended == ended_ && stopped == stopped_, "every attempt lies in one bucket");
}

} // namespace texlex
