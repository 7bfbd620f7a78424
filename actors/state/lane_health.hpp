// Which lanes are much slower than their peers, and which of several is the best for the next attempt. Each attempt is
// measured against what attempts of its size class take on all lanes: lanes compare whatever documents they had. A lane
// that is slow is ejected for a while, twice as long each time, and let back in by probes: one attempt at a time. Never
// more than half of the lanes are out, as what makes most of them slow is not the lanes' fault.
//
//   in ── slow over 20 attempts, or stalled in one ──▶ out (1 s, 2 s, ... 30 s) ──▶ probing ── quick ──▶ in
//                                                        ▲─────────── slow again ─────┘
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/size_class.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct lane_health_options {
  uint32_t attempts_min = 20;                             ///< before a lane is called slow
  double slow_factor = 3;                                 ///< times as slow as most of its peers: ejected
  duration expected_min = std::chrono::microseconds{250}; ///< as if attempts were expected to take this at least: what
                                                          ///< is shorter is the system waking threads, not a lane
  uint32_t failures_max = 5;                              ///< in a row: ejected
  double stall_factor = 20;                           ///< an attempt that runs so many times as long as expected ...
  duration stall_min = std::chrono::milliseconds{50}; ///< ... and at least this long: ejected at once
  duration ejection_first = std::chrono::seconds{1};
  duration ejection_max = std::chrono::seconds{30}; ///< doubled up to this
};

/// A lane that has room for one more attempt, as the caller knows.
struct lane_load {
  lane_id lane;
  uint32_t in_flight = 0;
  bool near = true; ///< not on a node in another zone
};

class lane_health {
public:
  explicit lane_health(const lane_health_options& options = {});

  void join(lane_id lane);
  void leave(lane_id lane) noexcept;

  /// The lane was given an attempt.
  void started(lane_id lane) noexcept;

  /// Its attempt came to its end. True if the lane is ejected for it. Unknown lanes are let be, here and below.
  bool finished(lane_id lane, uint64_t bytes, duration took, instant now) noexcept;

  /// Its attempt ended without an outcome of its document's: it refused, or could not. True if the lane is ejected.
  bool failed(lane_id lane, instant now) noexcept;

  /// Its attempt was stopped as another one had answered: it would have taken longer. Counts only against the lane.
  bool stopped(lane_id lane, uint64_t bytes, duration at_least, instant now) noexcept;

  /// From when on an attempt that still runs is a stall; nothing: whatever it takes is usual.
  [[nodiscard]] std::optional<duration> stall_of(uint64_t bytes) const noexcept;

  /// Its attempt still runs, and the lane is to blame. True if it is ejected for it. May be told again and again.
  bool outlasting(lane_id lane, uint64_t bytes, duration so_far, instant now) noexcept;

  /// May the lane be given an attempt? An ejected one: once its time is over, and while no probe runs there.
  [[nodiscard]] bool usable(lane_id lane, instant now) const noexcept;

  /// The lane is ejected: an attempt there is a probe, and may well be slow. Not a place for a hedge copy.
  [[nodiscard]] bool is_probe(lane_id lane) const noexcept;

  /// How long attempts take there, in quarters of what is expected: 4 is usual. Coarse, so that noise changes nothing.
  [[nodiscard]] uint32_t latency_rank(lane_id lane) const noexcept;

  /// Of usable lanes with room: a probe if one is due; else the one with fewest in flight, then lowest in rank, then
  /// first in order. From 8 candidates on it is looked for among two picked by `random` (64 random bits) only, so that
  /// not all who choose at once choose the same.
  [[nodiscard]] std::optional<lane_id> choose(std::span<const lane_load> candidates, uint64_t random) const noexcept;

  /// The same for lanes of which each has room for many, and some are further away than others: of two picked by
  /// `random` the one with the least to do, counted as attempts (with the one to come) times how slow it is.
  [[nodiscard]] std::optional<lane_id> choose_of_two(std::span<const lane_load> candidates,
                                                     uint64_t random) const noexcept;

  [[nodiscard]] size_t ejected() const noexcept { return ejected_; }

  /// Ejections since the start.
  [[nodiscard]] uint64_t ejections() const noexcept { return ejections_; }

  void check_invariants() const;

private:
  struct row {
    lane_id lane;
    double slowness = 1;   ///< moving average of took / expected
    uint32_t attempts = 0; ///< behind that average
    uint32_t failures = 0; ///< in a row
    bool out = false;
    bool probing = false;
    uint32_t times_out = 0; ///< in a row
    instant out_until{};
  };
  struct expectation {
    double ns = 0; ///< moving average, over all lanes that are not ejected
    uint32_t attempts = 0;
    lane_id latest;       ///< that had one
    uint32_t repeats = 0; ///< by the same lane in a row
  };

  [[nodiscard]] row* find(lane_id lane) noexcept;
  [[nodiscard]] const row* find(lane_id lane) const noexcept;
  [[nodiscard]] double slowness_of(uint64_t bytes, duration took) const noexcept;
  [[nodiscard]] double expected_ns_of(uint64_t bytes) const noexcept; ///< 0: nothing is expected
  void learn(const row& lane, uint64_t bytes, duration took) noexcept;
  bool measure(row& lane, double slowness, instant now) noexcept;
  bool judge_probe(row& lane, double slowness, bool ended, instant now) noexcept;
  [[nodiscard]] bool is_slow(const row& lane, double slowness) const noexcept;
  bool eject(row& lane, instant now) noexcept;
  void let_in(row& lane, double slowness) noexcept;
  [[nodiscard]] const lane_load* due_probe(std::span<const lane_load> candidates) const noexcept;
  [[nodiscard]] double cost_of(const lane_load& lane) const noexcept;
  [[nodiscard]] bool better(const lane_load& a, const lane_load& b) const noexcept;

  lane_health_options options_;
  std::vector<row> rows_; ///< by lane, ascending
  std::array<expectation, size_class_count> expectations_{};
  size_t ejected_ = 0;
  uint64_t ejections_ = 0;
};

} // namespace texlex
