// How long a job's first attempt may take before a copy is worth its cost: as long as all but 5 % of the recent
// attempts of its size class took. Learned a window at a time from that window alone, so that two windows after a
// slowdown is over nothing of it is left: one second, where a class has 200 attempts a second. Rarer ones have longer
// windows. Losers count as 'at least this long' (see survival_histogram), so that hedging cannot lower its own
// threshold.
#pragma once

#include <array>
#include <cstdint>

#include "actors/state/size_class.hpp"
#include "actors/state/survival_histogram.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct hedge_delay_options {
  bool learn = true;                                 ///< false: always the ceiling
  duration floor = std::chrono::milliseconds{1};     ///< not below, as a copy costs; the ceiling wins where it is less
  duration ceiling = std::chrono::milliseconds{10};  ///< the configured delay: until enough is known, and never above
  duration refresh = std::chrono::milliseconds{500}; ///< between two estimates of a class; taken as lying in 0.5..3 s
  duration window_max = std::chrono::seconds{10};    ///< too few attempts for so long: the class is unknown again
  uint32_t ended_min = 100;                          ///< attempts that ended in a window, for an estimate
};

class hedge_delay {
public:
  explicit hedge_delay(const hedge_delay_options& options = {});

  /// An attempt came to its end. Also a copy, counted from its own start.
  void finished(uint64_t bytes, duration took, instant now) noexcept;

  /// An attempt was stopped, as another one had answered: it would have taken longer than this.
  void stopped(uint64_t bytes, duration at_least, instant now) noexcept;

  [[nodiscard]] duration delay_for(uint64_t bytes) const noexcept { return delay_of(size_class_of(bytes)); }
  [[nodiscard]] duration delay_of(size_class c) const noexcept { return windows_[index_of(c)].delay; }

  /// Estimates made, over all classes.
  [[nodiscard]] uint64_t refreshes() const noexcept { return refreshes_; }

  void check_invariants() const;

private:
  struct window {
    duration delay{0};
    instant since{};
    bool open = false;
    survival_histogram attempts;
  };

  window& window_at(uint64_t bytes, instant now) noexcept;
  void close_if_due(window& w, instant now) noexcept;
  [[nodiscard]] duration estimate(const survival_histogram& attempts) const noexcept;

  hedge_delay_options options_;
  std::array<window, size_class_count> windows_;
  uint64_t refreshes_ = 0;
};

} // namespace texlex
