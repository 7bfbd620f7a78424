// Attempts that never come to an end. A thread that hangs in a document cannot be stopped from outside: its lane is
// abandoned, with thread and memory, and replaced (state/roster counts how often that happens). What hangs is told by
// the time the worker answers for (charged_time.hpp) since it last got on by a chunk, not by the clock: one the system
// gives no core is waited for, and so is one that gets on, until it has taken many times its limit in all.
// Nothing is kept for an attempt that is not late, and of a lane's attempts only the one it is at is late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/charged_time.hpp"
#include "actors/state/size_class.hpp"
#include "actors/state/worker_death.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct attempt_watch_options {
  /// How long an attempt may run, by size class: several hundred times what it takes on an idle machine.
  std::array<duration, size_class_count> limits{std::chrono::seconds{1}, std::chrono::seconds{1},
                                                std::chrono::seconds{1}, std::chrono::seconds{2},
                                                std::chrono::seconds{4}, std::chrono::seconds{30}};
  std::optional<duration> limit; ///< if given: for all classes
  int getting_on_factor = 8;     ///< times its limit, an attempt may run in all if each chunk ends within it
};

/// What a lane is at: the first of its attempts, as it takes them in turn.
struct current_attempt {
  lane_id lane;
  job_id job;
  duration limit{}; ///< it hangs once its worker answers for so much
  instant since{};  ///< given to the lane
  uint64_t bytes = 0;
};

struct hanging_lane {
  lane_id lane;
  uint64_t bytes = 0; ///< of its attempt
  death cause{};      ///< a crash if it ran on and on: the document is to blame; else it stood still, and was made to
};

/// What can be seen of a lane at work.
struct lane_signs {
  std::optional<thread_times> times{}; ///< of its thread; nothing where the system does not tell
  std::optional<uint64_t> chunks{};    ///< it has scanned since it joined; nothing: nobody counts
};

/// Asked only for a lane that is late.
using ask_signs = std::function<lane_signs(lane_id)>;

class attempt_watch {
public:
  explicit attempt_watch(const attempt_watch_options& options = {});

  /// What all busy lanes are at, each once. Adds to `out` those that hang, each once: the caller abandons them.
  void look(std::span<const current_attempt> current, instant now, const ask_signs& ask,
            std::vector<hanging_lane>& out);

  [[nodiscard]] duration limit_for(uint64_t bytes) const noexcept;
  [[nodiscard]] size_t late() const noexcept { return late_.size(); }

  void check_invariants() const;

private:
  struct late_attempt {
    lane_id lane;
    job_id job;
    instant got_on;          ///< when it was last seen to have, or was given to the lane
    charged_time in_all;     ///< since it is late
    charged_time since_then; ///< since it got on, at most
    std::optional<uint64_t> chunks{};
    uint32_t looks = 0;
    bool told = false;
    bool seen = true; ///< in this look
  };

  late_attempt& find_or_note(const current_attempt& attempt, instant now);
  static void look_at(late_attempt& late, instant now, const lane_signs& signs);
  [[nodiscard]] std::optional<death> verdict_on(const late_attempt& late, const current_attempt& attempt, instant now,
                                                bool times_known) const;

  attempt_watch_options options_;
  std::vector<late_attempt> late_; ///< in no order; mostly none
};

} // namespace texlex
