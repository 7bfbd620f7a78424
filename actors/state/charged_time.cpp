#include "actors/state/charged_time.hpp"

#include <algorithm>

namespace texlex {

void charged_time::look(instant now, const std::optional<thread_times>& seen) noexcept {
  const duration passed = std::min(now - looked_, look_max_);
  looked_ = now;
  if (!seen) {
    processor_time_.reset();
    total_ += passed;
    return;
  }
  const duration before = processor_time_.value_or(seen->processor_time);
  const duration ran = std::max(seen->processor_time - before, duration{0});
  processor_time_ = seen->processor_time;
  ran_ += ran;
  total_ += seen->runnable ? ran : std::max(ran, passed);
}

} // namespace texlex
