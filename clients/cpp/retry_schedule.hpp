// When a request that a server had no room for is made again. A decision: no clock, no waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "runtime/outcome.hpp"

namespace texlex {

/// Whether the same server may do later what it refused now.
[[nodiscard]] bool is_worth_another_try(status refused) noexcept;

/// Of one request. Waits grow, are never shorter than the server asked for, and end: by their number and by their sum.
class retry_schedule {
public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr uint32_t tries_again_max = 20;
  static constexpr milliseconds first_wait{10};
  static constexpr milliseconds longest_usual_wait{1000};
  static constexpr milliseconds waited_max{30'000}; ///< in all

  /// How long to wait before the next try; nothing: the request is to be given up. `asked` is what the server asked
  /// for, 0 if it did not.
  [[nodiscard]] std::optional<milliseconds> next_wait(milliseconds asked) noexcept;

  [[nodiscard]] uint32_t tries_again() const noexcept { return tries_again_; }

private:
  uint32_t tries_again_ = 0;
  milliseconds usual_wait_ = first_wait;
  milliseconds waited_{0};
};

} // namespace texlex
