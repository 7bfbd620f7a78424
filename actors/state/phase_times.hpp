// How long one step on a request's way takes, over all that took it: what `phase_report` tells.
#pragma once

#include "actors/reports.hpp"
#include "runtime/histogram.hpp"
#include "runtime/time.hpp"

namespace texlex {

class phase_times {
public:
  void record(duration took) noexcept {
    buckets_.record(to_us(took));
    sum_ += took;
  }
  [[nodiscard]] phase_report report() const noexcept {
    return {.count = buckets_.count(),
            .sum = sum_,
            .us_p50 = buckets_.percentile_us(50),
            .us_p90 = buckets_.percentile_us(90),
            .us_p99 = buckets_.percentile_us(99),
            .us_p999 = buckets_.percentile_us(99.9),
            .us_max = buckets_.max_us()};
  }

private:
  histogram buckets_;
  duration sum_{0};
};

} // namespace texlex
