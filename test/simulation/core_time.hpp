// A thread on a core that others may want too: then it has it for a slice now and then, and waits in between.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "runtime/thread_times.hpp"
#include "runtime/time.hpp"
#include "test/simulation/dice.hpp"

namespace texlex::simulation {

class core_time {
public:
  /// It has work that needs so much of a core. How long that takes.
  duration work(instant now, duration need, bool starved, dice& chance) {
    ran_ = ran(now);
    on_core_.clear();
    instant at = now;
    while (starved && need > slice_) {
      if (slice_ > duration{0}) on_core_.push_back({at, at + slice_});
      at += slice_ + times(chance.exponential(), wait_mean);
      need -= slice_;
      slice_ = slice;
    }
    if (starved) slice_ -= need;
    on_core_.push_back({at, at + need});
    return at + need - now;
  }

  /// What the system tells of it, and how exactly it does.
  [[nodiscard]] thread_times told(instant now) const {
    constexpr std::chrono::milliseconds exactness{10};
    return {.processor_time = ran(now) / exactness * exactness,
            .runnable = !on_core_.empty() && now < on_core_.back().end};
  }

private:
  static constexpr std::chrono::milliseconds slice{3}, wait_mean{400};

  struct span_of_time {
    instant begin, end;
  };

  [[nodiscard]] duration ran(instant now) const {
    duration sum = ran_;
    for (const span_of_time& each : on_core_) sum += std::max(std::min(now, each.end) - each.begin, duration{0});
    return sum;
  }

  duration ran_{0}; ///< before the work at hand
  duration slice_{slice};
  std::vector<span_of_time> on_core_; ///< for the work at hand
};

} // namespace texlex::simulation
