// When a worker tells what it has used: seldom, as each report is a message that wakes someone. Knows no CAF.
#pragma once

#include <cstdint>

#include "actors/reports.hpp"

namespace texlex {

class report_pace {
public:
  /// After so many jobs at the latest.
  explicit report_pace(uint64_t report_jobs = 64) noexcept : report_jobs_(report_jobs) {}

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

  /// Whether metrics is to log a line of it.
  [[nodiscard]] static bool line_due(const worker_report& used) noexcept { return used.jobs % line_jobs == 0; }

  static constexpr uint64_t line_jobs = 1000;

private:
  static constexpr uint64_t report_bytes = uint64_t{16} << 20;

  uint64_t report_jobs_;
  uint64_t jobs_ = 0;
  uint64_t trims_ = 0;
  uint64_t bytes_handed_out_ = 0;
};

} // namespace texlex
