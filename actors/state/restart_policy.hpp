// When a core's worker that died is tried again: at once for an accident, ever later for a fault that stays, and not at
// all once it is clear that it stays. Each core counts for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "runtime/time.hpp"

namespace texlex {

struct restart_options {
  duration delay_first = std::chrono::milliseconds{10};
  duration delay_max = std::chrono::seconds{5}; ///< doubled up to this
  uint32_t restarts_max = 10;                   ///< of a core within the window; one more failure and it is given up
  duration window = std::chrono::seconds{60};
};

class restart_policy {
public:
  explicit restart_policy(restart_options options = {});

  /// A worker of this core has died. How long to wait before the next one; nothing: give the core up, for good.
  [[nodiscard]] std::optional<duration> failed(uint32_t core, instant now);

  [[nodiscard]] bool given_up(uint32_t core) const { return given_up_.contains(core); }
  [[nodiscard]] size_t given_up_count() const noexcept { return given_up_.size(); }

  void check_invariants() const;

private:
  restart_options options_;
  std::map<uint32_t, std::deque<instant>> failures_; ///< of each core, within the window, oldest first
  std::set<uint32_t> given_up_;
};

} // namespace texlex
