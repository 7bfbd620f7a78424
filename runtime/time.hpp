// The one clock texlex decides by: monotonic, in nanoseconds. Wall-clock time is for log lines only, so that a
// clock set back or forward never changes a decision. Decisions take an `instant` as an argument and never read it.
#pragma once

#include <chrono>
#include <cstdint>

namespace texlex {

using duration = std::chrono::nanoseconds;
using instant = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// The present instant. Called by shells (actors, sessions, benches), never by a class that decides.
[[nodiscard]] inline instant now() noexcept { return std::chrono::steady_clock::now(); }

[[nodiscard]] inline uint64_t to_us(duration d) noexcept {
  return d.count() <= 0 ? 0 : static_cast<uint64_t>(d.count() / 1000);
}

} // namespace texlex
