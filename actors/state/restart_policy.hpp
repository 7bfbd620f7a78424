// When a core's worker that died is tried again: at once for an accident, ever later for a fault that stays. A core
// whose workers keep crashing by themselves rests for a while, and is then tried again: as long as the process lives,
// no core is given up for good. Each core counts for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

#include "actors/state/worker_death.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct restart_options {
  duration delay_first = std::chrono::milliseconds{10};
  duration delay_max = std::chrono::seconds{5}; ///< doubled up to this
  uint32_t restarts_max = 10;                   ///< of a core within the window; one more failure and it rests
  duration window = std::chrono::seconds{60};   ///< and as long as this it rests
};

struct restart_plan {
  duration delay{}; ///< until the next try
  bool rest = false;
};

class restart_policy {
public:
  explicit restart_policy(restart_options options = {});

  /// A worker of this core is gone. What came from outside makes the next try later, and uses up none.
  [[nodiscard]] restart_plan failed(uint32_t core, death cause, instant now);

  void check_invariants() const;

private:
  struct history {
    std::deque<instant> failures; ///< of its own, within the window, oldest first
    std::deque<instant> others;   ///< from outside; the latest ones, as many as make a difference
  };

  void forget_old(std::deque<instant>& deaths, instant now) const;

  restart_options options_;
  std::map<uint32_t, history> cores_;
};

} // namespace texlex
