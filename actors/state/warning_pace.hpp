// Which of many like warnings are told: the first, and then one an interval, with the number of those left out. So a
// trouble that comes with every request costs a line a second and not a line a request.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
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

/// The end of the warning's sentence: nothing if none was left out. Holds until the thread asks again; takes no memory,
/// as what is warned of may be that there is none.
[[nodiscard]] inline std::string_view left_out_text(uint64_t left_out) noexcept {
  thread_local std::array<char, 64> text;
  if (left_out == 0) return {};
  const int length = std::snprintf(text.data(), text.size(), " (and %llu more like it, left out)",
                                   static_cast<unsigned long long>(left_out));
  return {text.data(), static_cast<size_t>(length)};
}

} // namespace texlex
