// May a slow job get a second copy? After a delay learned from recent attempts (or a fixed one), on a lane that has
// nothing better to do, and within a budget of extra work, so that hedging cannot feed the overload it meets.
#pragma once

#include <cstdint>
#include <optional>

#include "actors/state/hedge_budget.hpp"
#include "actors/state/hedge_delay.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct hedge_options {
  bool enabled = true;
  hedge_delay_options delay;
  hedge_budget_options budget;
  uint32_t busy_percent_max = 80; ///< of lanes: no copies while more are busy
  uint32_t overrun_factor = 3;    ///< times its delay: an attempt that runs so long holds a lane that a copy would free

  /// Always after this delay.
  [[nodiscard]] static hedge_options fixed(duration delay) {
    return {.enabled = true, .delay = {.learn = false, .ceiling = delay}, .budget = {}};
  }
};

enum class hedge_verdict : uint8_t {
  send_copy,
  already_answered, ///< the ring came late: normal
  not_running,      ///< it waits for a lane again, having lost its own
  hedged_before,    ///< one copy is enough
  killed_a_worker,  ///< the document may be what kills: it shall not take a second worker with it
  jobs_waiting,     ///< a lane is better used for a job that has none, unless the copy frees a lane
  no_idle_lane,
  lanes_busy,  ///< nearly all of them: what is slow now is the load
  over_budget, ///< too much extra work of late
};

[[nodiscard]] const char* name_of(hedge_verdict verdict) noexcept;

/// No copy now, and perhaps later: it is worth to ask again once a lane is free.
[[nodiscard]] constexpr bool may_change(hedge_verdict verdict) noexcept {
  return verdict >= hedge_verdict::jobs_waiting;
}

/// All that the decision looks at.
struct hedge_question {
  bool open = false;    ///< the job is known and not answered
  uint32_t running = 0; ///< its attempts
  bool hedged = false;  ///< one of them was a copy
  uint32_t losses = 0;  ///< of its attempts with their lanes
  bool overran = false; ///< see `hedge_policy::overran`
  bool jobs_waiting = false;
  bool other_lane_idle = false;
  uint32_t busy_percent = 0; ///< of lanes
};

struct hedge_counts {
  uint64_t fired = 0;
  uint64_t won = 0;
  uint64_t skipped = 0; ///< overdue, open, and yet no copy
};

class hedge_policy {
public:
  explicit hedge_policy(const hedge_options& options);

  /// When to ask about a job, counted from its first dispatch; nothing: never.
  [[nodiscard]] std::optional<duration> delay_for(uint64_t document_bytes) const noexcept;

  /// Does a job's attempt run so long that the copy that ends it costs less than the lane it holds?
  [[nodiscard]] bool overran(uint64_t document_bytes, duration so_far) const noexcept {
    return so_far >= overrun_factor_ * delay_.delay_for(document_bytes);
  }

  /// A job was dispatched for the first time.
  void primary() noexcept { budget_.primary(); }
  [[nodiscard]] uint64_t primaries() const noexcept { return budget_.counts().primaries; }

  /// A job was answered ok.
  void succeeded() noexcept { budget_.succeeded(); }

  /// The answer to a ring. Counts it: the caller does as it says.
  [[nodiscard]] hedge_verdict overdue(const hedge_question& question) noexcept;

  /// The same, for a job that rang before when there was no place for a copy.
  [[nodiscard]] hedge_verdict still_overdue(const hedge_question& question) noexcept;

  /// A copy's outcome was the one that counted.
  void won() noexcept { ++counts_.won; }

  /// How long attempts take: `ended` came to their end, `stopped` would have taken longer.
  void ended(uint64_t document_bytes, duration took, instant now) noexcept {
    delay_.finished(document_bytes, took, now);
  }
  void stopped(uint64_t document_bytes, duration at_least, instant now) noexcept {
    delay_.stopped(document_bytes, at_least, now);
  }

  [[nodiscard]] const hedge_counts& counts() const noexcept { return counts_; }

  void check_invariants() const;

private:
  [[nodiscard]] hedge_verdict decide(const hedge_question& question) noexcept;

  bool enabled_;
  uint32_t busy_percent_max_;
  uint32_t overrun_factor_;
  hedge_delay delay_;
  hedge_budget budget_;
  hedge_counts counts_;
};

} // namespace texlex
