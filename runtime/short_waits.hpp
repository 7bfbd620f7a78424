// Whether a thread that has nothing to do had better look again for a moment than fall asleep. To sleep and be woken
// costs both sides more than a small document does, on virtual machines many times as much; yet whoever looks on in
// vain takes the core from others. So it looks on for as long as a sleep costs, which is never more than twice as dear
// as the better of the two (the ski-rental bound), and goes by the latest waits: where most were short, the next is
// likely to be.
//
// What a sleep costs is learned from how late those end that end by a time of their own. Where it costs much, a wait
// that was slept through tells little of how long it would have been: so now and then one is looked on through.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/time.hpp"

namespace texlex {

class short_waits {
public:
  /// `length_max`: how long to look on at most; 0: never.
  explicit short_waits(duration length_max) noexcept : length_max_(length_max) {}

  /// How long the wait that begins now is worth to look on.
  [[nodiscard]] duration worth(instant at) noexcept {
    if (score_ > 0) return length();
    if (length_max_ == duration::zero() || at < next_trial_) return duration::zero();
    next_trial_ = at + trial_interval;
    on_trial_ = true;
    return length();
  }

  /// A wait has ended after so long. Who slept saw it later than it was.
  void ended(duration waited, bool slept) noexcept {
    const bool trial = std::exchange(on_trial_, false);
    if (trial && !slept) {
      score_ = std::max(score_, found_on_trial);
      return;
    }
    const bool was_short = waited <= (slept ? length() + waking_ : length());
    score_ = std::clamp(score_ + (was_short ? 1 : -2), -score_max, score_max);
  }

  /// A sleep that was to end by itself has ended so late.
  void woken_late(duration by) noexcept { waking_ += (std::min(by, waking_max) - waking_) / 4; }

private:
  static constexpr int score_max = 8, found_on_trial = 4;
  static constexpr duration trial_interval = std::chrono::milliseconds{10};
  static constexpr duration waking_max = std::chrono::milliseconds{1}; // else the thread had no core

  [[nodiscard]] duration length() const noexcept { return std::min(waking_, length_max_); }

  duration length_max_;
  duration waking_ = std::chrono::microseconds{20}; ///< what a sleep costs: a usual value, until it was measured
  instant next_trial_ = instant::min();
  bool on_trial_ = false;
  int score_ = 0;
};

} // namespace texlex
