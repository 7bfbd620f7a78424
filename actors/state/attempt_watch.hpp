// Attempts that never come to an end. A thread that hangs in a document cannot be stopped from outside: its lane is
// abandoned, with thread and memory, and replaced (state/roster counts how often that happens). For lanes that run one
// attempt at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/size_class.hpp"
#include "actors/state/slot_index.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct attempt_watch_options {
  /// How long an attempt may run, by size class: several hundred times what it takes on an idle machine.
  std::array<duration, size_class_count> limits{std::chrono::seconds{1}, std::chrono::seconds{1},
                                                std::chrono::seconds{1}, std::chrono::seconds{2},
                                                std::chrono::seconds{4}, std::chrono::seconds{30}};
  std::optional<duration> limit; ///< if given: for all classes
};

enum class end_verdict : uint8_t {
  unknown,   ///< no attempt of that lane is watched
  in_time,   ///< its attempt is over
  abandoned, ///< its lane was given up before: the thread has come back after all, and can end
};

class attempt_watch {
public:
  explicit attempt_watch(const attempt_watch_options& options = {});

  void started(lane_id lane, uint64_t bytes, instant now);

  /// Its attempt is over, however it ended.
  end_verdict ended(lane_id lane) noexcept;

  /// The thread is gone (it died, or its lane left): nothing is left to watch. An abandoned one counts no more.
  void gone(lane_id lane) noexcept;

  /// Adds to `out` the lanes whose attempt has outlived its time, each once: the caller abandons them.
  void expired(instant now, std::vector<lane_id>& out);

  /// When to ask next; nothing: no attempt runs.
  [[nodiscard]] std::optional<instant> next_expiry() const noexcept;

  [[nodiscard]] duration limit_for(uint64_t bytes) const noexcept;
  [[nodiscard]] size_t running() const noexcept { return rows_.size() - stuck_; }
  [[nodiscard]] uint32_t stuck() const noexcept { return stuck_; }

  void check_invariants() const;

private:
  struct row {
    lane_id lane;
    instant expiry{};
    bool stuck = false;
  };

  void erase(uint32_t at) noexcept;

  attempt_watch_options options_;
  std::vector<row> rows_; ///< in no order
  slot_index row_of_lane_;
  uint32_t stuck_ = 0;
};

} // namespace texlex
