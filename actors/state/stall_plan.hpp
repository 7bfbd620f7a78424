// Which attempts stall on purpose, so that hedging can be tried out and benched. Each worker has dice of its own:
// workers that stalled in step would leave a hedge nowhere to win.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "runtime/time.hpp"

namespace texlex {

struct stall_options {
  uint32_t ppm = 0; ///< attempts in a million; 0: none stall
  duration length{0};
  bool after = false; ///< tokenizing, rather than before it
  bool deaf = false;  ///< does not look at the stop flag
  uint64_t seed = 1;
};

class stall_plan {
public:
  /// `worker` is any number that no other worker of the process has.
  stall_plan(const stall_options& options, uint64_t worker);

  /// Asked once an attempt: how long it stalls, if it does.
  [[nodiscard]] std::optional<duration> next();

  [[nodiscard]] const stall_options& options() const noexcept { return options_; }

private:
  stall_options options_;
  std::mt19937_64 dice_;
};

} // namespace texlex
