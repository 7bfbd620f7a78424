// When a worker tells what it has used: seldom, as each report is a message that wakes someone. Knows no CAF, no clock.
#pragma once

#include <cstdint>

#include "actors/reports.hpp"
#include "runtime/time.hpp"

namespace texlex {

class report_pace {
public:
  /// `line_interval`: 0 for no lines. The supervisor hears after so many jobs at the latest.
  explicit report_pace(duration line_interval, uint64_t report_jobs = 64) noexcept
    : line_interval_(line_interval), report_jobs_(report_jobs) {}

  /// Whether the supervisor is to hear of this; remembers that it has. After so many jobs or bytes, and of every trim:
  /// the budgets of a rotation are far larger.
  [[nodiscard]] bool due(const worker_report& used) noexcept {
    if (used.trims == trims_ && used.jobs < jobs_ + report_jobs_
        && used.bytes_handed_out < bytes_handed_out_ + report_bytes)
      return false;
    jobs_ = used.jobs;
    trims_ = used.trims;
    bytes_handed_out_ = used.bytes_handed_out;
    return true;
  }

  /// Whether metrics is to log a line of it, at the end of a job: an interval after the last line, or the first job.
  /// So who is idle has no line, and whoever is busy has no more than that.
  [[nodiscard]] bool line_due(instant at) noexcept {
    if (line_interval_ <= duration{0}) return false;
    if (next_line_ == instant::max()) next_line_ = at + line_interval_; // the first job
    if (at < next_line_) return false;
    next_line_ = at + line_interval_;
    return true;
  }

private:
  static constexpr uint64_t report_bytes = uint64_t{16} << 20;

  duration line_interval_;
  instant next_line_ = instant::max();
  uint64_t report_jobs_;
  uint64_t jobs_ = 0;
  uint64_t trims_ = 0;
  uint64_t bytes_handed_out_ = 0;
};

} // namespace texlex
