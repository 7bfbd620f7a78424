// How far the I/O thread is behind its sockets: for each job, how long its last byte could have been read before it was
// seen through; and what lies unread now.
#pragma once

#include "actors/reports.hpp"
#include "runtime/histogram.hpp"
#include "runtime/time.hpp"

namespace texlex {

class loop_lag {
public:
  void record(duration lag) noexcept {
    buckets_.record(to_us(lag));
    sum_ += lag;
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
