// Whether a thread that has nothing to do had better look again for a moment than fall asleep. To sleep and be woken
// costs both sides more than a small document does, on virtual machines many times as much; yet whoever looks on in
// vain takes the core from others. So it goes by the latest waits: where most were short, the next is likely to be.
#pragma once

#include <algorithm>
#include <chrono>

#include "runtime/time.hpp"

namespace texlex {

class short_waits {
public:
  /// `length`: how long to look on at most; 0: never.
  explicit short_waits(duration length) noexcept : length_(length) {}

  /// How long the next wait is worth to look on.
  [[nodiscard]] duration worth() const noexcept { return score_ > 0 ? length_ : duration::zero(); }

  /// A wait has ended after so long. Who slept saw it later than it was.
  void ended(duration waited, bool slept) noexcept {
    constexpr duration waking = std::chrono::microseconds{30};
    const bool was_short = waited <= (slept ? length_ + waking : length_);
    score_ = std::clamp(score_ + (was_short ? 1 : -2), -score_max, score_max);
  }

private:
  static constexpr int score_max = 8;

  duration length_;
  int score_ = 0;
};

} // namespace texlex
