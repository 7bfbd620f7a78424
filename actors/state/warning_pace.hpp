// Which of many like warnings are told: the first, and then one an interval, with the number of those left out. So a
// trouble that comes with every request costs a line a second and not a line a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "runtime/time.hpp"

namespace texlex {

class warning_pace {
public:
  explicit warning_pace(duration interval = std::chrono::seconds{1}) noexcept : interval_(interval) {}

  /// How many were left out since the last that was told; nothing: leave this one out too.
  [[nodiscard]] std::optional<uint64_t> due(instant at) noexcept {
    if (last_ && at < *last_ + interval_) {
      ++left_out_;
      return std::nullopt;
    }
    last_ = at;
    return std::exchange(left_out_, 0);
  }

private:
  duration interval_;
  std::optional<instant> last_;
  uint64_t left_out_ = 0;
};

/// The end of the warning's sentence: nothing if none was left out.
[[nodiscard]] inline std::string left_out_text(uint64_t left_out) {
  return left_out == 0 ? "" : " (and " + std::to_string(left_out) + " more like it, left out)";
}

} // namespace texlex
