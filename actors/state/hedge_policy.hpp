// May a slow job get a second copy? For now after a fixed delay; `delay_for` is asked once a job and may come to
// depend on its size and on what was seen, without a change to anyone else.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

struct hedge_options {
  bool enabled = true;
  duration delay{0};
};

enum class hedge_verdict : uint8_t {
  send_copy,
  already_answered, ///< the ring came late: normal
  not_running,      ///< it waits for a lane again, having lost its own
  hedged_before,    ///< one copy is enough
  killed_a_worker,  ///< the document may be what kills: it shall not take a second worker with it
  jobs_waiting,     ///< a lane is better used for a job that has none
  no_idle_lane,
};

[[nodiscard]] const char* name_of(hedge_verdict verdict) noexcept;

/// All that the decision looks at.
struct hedge_question {
  bool open = false;    ///< the job is known and not answered
  uint32_t running = 0; ///< its attempts
  bool hedged = false;  ///< one of them was a copy
  uint32_t losses = 0;  ///< of its attempts with their lanes
  bool jobs_waiting = false;
  bool other_lane_idle = false;
};

struct hedge_counts {
  uint64_t fired = 0;
  uint64_t won = 0;
  uint64_t skipped = 0; ///< overdue, open, and yet no copy
};

class hedge_policy {
public:
  explicit hedge_policy(hedge_options options);

  /// When to ask about a job, counted from its first dispatch; nothing: never.
  [[nodiscard]] std::optional<duration> delay_for(uint64_t document_bytes) const noexcept;

  /// The answer to a ring. Counts it: the caller does as it says.
  [[nodiscard]] hedge_verdict overdue(const hedge_question& question) noexcept;

  /// A copy's outcome was the one that counted.
  void won() noexcept { ++counts_.won; }

  [[nodiscard]] const hedge_counts& counts() const noexcept { return counts_; }

private:
  hedge_options options_;
  hedge_counts counts_;
};

} // namespace texlex
