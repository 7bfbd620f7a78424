// When a worker is worn, and the steps of replacing it without a gap. Budgets count from its spawn; one rotation at a
// time, so that capacity never dips by more than the worker at hand.
//
//   old lane    hot ------------------> cooling ---> drained: told to end ---> gone
//   new lane         starting --> ready, hot ----------------------------------------->
#pragma once

#include <cstdint>
#include <optional>

#include "actors/job.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// 0: no budget.
struct rotation_budgets {
  uint64_t alloc_mb = 0;     ///< bytes handed out by arenas, in units of 2^20
  uint64_t major_cycles = 0; ///< arena trims
};

/// What a worker has used since its spawn.
struct lane_usage {
  uint64_t bytes_handed_out = 0;
  uint64_t trims = 0;
};

enum class rotation_stage : uint8_t {
  idle,
  replacing, ///< the replacement is starting, the old lane is hot
  cooling,   ///< the replacement is hot, the old lane ends what it has
  ending,    ///< the old lane was told to end
};

enum class gone_verdict : uint8_t {
  unrelated,        ///< neither lane of the rotation
  completed,        ///< the old lane is gone, and the new one took its place
  replacement_lost, ///< called off: the old lane stays hot
  old_lane_lost,    ///< called off: the replacement is already starting in its place
};

class rotation_policy {
public:
  explicit rotation_policy(rotation_budgets budgets);

  [[nodiscard]] bool worn(const lane_usage& usage) const noexcept;

  /// May a rotation begin now?
  [[nodiscard]] bool may_start(instant now) const noexcept;
  void start(lane_id old_lane, lane_id replacement);

  /// A lane is ready. The old lane that shall cool now, if this was the replacement awaited.
  [[nodiscard]] std::optional<lane_id> ready(lane_id lane) noexcept;

  /// True if this is the rotation's old lane, which is to end now.
  [[nodiscard]] bool drained(lane_id lane) noexcept;

  [[nodiscard]] gone_verdict gone(lane_id lane) noexcept;

  /// No rotation before this instant: a replacement died, and the next may as well.
  void hold_off(instant until) noexcept { held_off_until_ = until; }

  [[nodiscard]] rotation_stage stage() const noexcept { return stage_; }
  [[nodiscard]] uint64_t completed() const noexcept { return completed_; }

private:
  rotation_budgets budgets_;
  rotation_stage stage_ = rotation_stage::idle;
  lane_id old_lane_;
  lane_id replacement_;
  instant held_off_until_ = instant::min();
  uint64_t completed_ = 0;
};

} // namespace texlex
