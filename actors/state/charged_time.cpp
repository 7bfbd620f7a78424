#include "actors/state/charged_time.hpp"

#include <algorithm>

namespace texlex {
namespace {

constexpr duration told_late_max = std::chrono::milliseconds{10};

} // namespace

void charged_time::look(instant now, const std::optional<thread_times>& seen) noexcept {
  const duration in_all = now - looked_, passed = std::min(in_all, look_max_);
  looked_ = now;
  if (!seen) {
    processor_time_.reset();
    total_ += passed;
    return;
  }
  const duration before = processor_time_.value_or(seen->processor_time);
  // Several threads may have run at a time, and the system may tell a hundredth of a second late.
  const duration ran = std::clamp(seen->processor_time - before, duration{0}, std::max(in_all, duration{0}));
  processor_time_ = std::clamp(before + ran, seen->processor_time - told_late_max, seen->processor_time);
  ran_ += ran;
  total_ += seen->runnable ? ran : std::max(ran, passed);
}

} // namespace texlex
