// When a worker is worn, and the steps of replacing it without a gap. Budgets count from its spawn; few rotations at a
// time (one, unless told otherwise), so that capacity never dips by more than the workers at hand.
//
//   old lane    hot ------------------> cooling ---> drained: told to end ---> gone
//   new lane         starting --> ready, hot ----------------------------------------->
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "actors/job.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// 0: no budget.
struct rotation_budgets {
  uint64_t alloc_mb = 0;     ///< bytes handed out by arenas, in units of 2^20
  uint64_t major_cycles = 0; ///< arena trims
  uint64_t rss_mb = 0;       ///< memory in use by the process the worker runs in, in units of 2^20
  duration max_age{0};       ///< since the spawn

  /// Where a new worker did not bring memory back below its budget, the next one is not expected to either: so a core's
  /// worker is replaced for this reason once in this time, or once memory was below the budget in between.
  duration rss_pause = std::chrono::seconds{60};
};

/// What a worker has used since its spawn.
struct lane_usage {
  uint64_t bytes_handed_out = 0;
  uint64_t trims = 0;
  uint64_t resident_bytes = 0; ///< in use by its process just now; 0: not known
};

/// Why a worker is to be replaced.
enum class wear : uint8_t { none, used_up, too_old, too_large };

enum class rotation_stage : uint8_t {
  idle,
  replacing, ///< the replacement is starting, the old lane is hot
  cooling,   ///< the replacement is hot, the old lane ends what it has
  ending,    ///< the old lane was told to end
};

enum class gone_verdict : uint8_t {
  unrelated,        ///< neither lane of a rotation
  completed,        ///< the old lane is gone, and the new one took its place
  replacement_lost, ///< called off: the old lane stays hot
  old_lane_lost,    ///< called off: the replacement is already starting in its place
};

class rotation_policy {
public:
  explicit rotation_policy(rotation_budgets budgets, uint32_t at_once = 1);

  /// What memory the process of a core's worker uses: to be told before `wear_of` is asked.
  void memory_seen(uint32_t core, uint64_t resident_bytes);

  [[nodiscard]] wear wear_of(uint32_t core, const lane_usage& usage, duration age, instant now) const;

  /// May a rotation begin on this core now?
  [[nodiscard]] bool may_start(uint32_t core, instant now) const noexcept;
  void start(uint32_t core, lane_id old_lane, lane_id replacement, wear reason, instant now);

  /// A lane is ready. The old lane that shall cool now, if this was a replacement awaited.
  [[nodiscard]] std::optional<lane_id> ready(lane_id lane) noexcept;

  /// True if this is a rotation's old lane, which is to end now.
  [[nodiscard]] bool drained(lane_id lane) noexcept;

  [[nodiscard]] gone_verdict gone(lane_id lane) noexcept;

  /// No rotation before this instant: a replacement died, and the next may as well.
  void hold_off(instant until) noexcept { held_off_until_ = until; }

  [[nodiscard]] rotation_stage stage(uint32_t core) const noexcept;
  [[nodiscard]] size_t running() const noexcept { return rotations_.size(); }
  [[nodiscard]] uint64_t completed() const noexcept { return completed_; }

  void check_invariants() const;

private:
  struct rotation {
    uint32_t core;
    lane_id old_lane;
    lane_id replacement;
    rotation_stage stage = rotation_stage::replacing;
  };

  [[nodiscard]] bool too_large(uint64_t resident_bytes) const noexcept;

  rotation_budgets budgets_;
  uint32_t at_once_;
  std::vector<rotation> rotations_;                 ///< under way: of a core one, of all at most `at_once_`
  std::map<uint32_t, instant> replaced_for_memory_; ///< when, of cores where memory was not below its budget since
  instant held_off_until_ = instant::min();
  uint64_t completed_ = 0;
};

} // namespace texlex
