// What the supervisor does, without actors: one worker a core, started, replaced when worn, restarted when dead, at
// rest for a while when crashing all the time, abandoned when it hangs. Events and the time go in, effects come out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/state/restart_policy.hpp"
#include "actors/state/rotation_policy.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// What a roster asks of its shell. Called in the middle of an event: must not call the roster back.
class roster_effects {
public:
  virtual ~roster_effects() = default;
  virtual void spawn(lane_id lane, uint32_t core) = 0;
  virtual void spawn_later(uint32_t core, duration delay) = 0; ///< say `spawn_due` after that time
  virtual void joined(lane_id lane) = 0;
  virtual void cooling(lane_id lane) = 0;           ///< say `drained` once nothing is in flight there
  virtual void left(lane_id lane, death cause) = 0; ///< only of lanes that joined
  virtual void end(lane_id lane) = 0;               ///< the worker is to exit; say `down` once it has
  virtual void event(core_event event, uint32_t core) = 0;
  virtual void unstaffed() = 0;       ///< nobody is left and all cores rest: nobody comes for a while
  virtual void absent_too_long() = 0; ///< no lane could be had for too long, the process should be started anew: once
  virtual void too_many_stuck() = 0;  ///< the process should be started anew: said once
};

struct roster_options {
  std::vector<uint32_t> cores; ///< `loop_core` among them: the I/O thread too has a worker
  rotation_budgets budgets;
  restart_options restart;
  uint32_t rotations_at_once = 1;
  duration absent_max{};  ///< without any lane, once there was one; 0: no limit
  uint32_t stuck_max = 4; ///< abandoned threads that have not come back; 0: no limit
};

class roster {
public:
  roster(roster_options options, roster_effects& effects);

  /// Spawns the first worker of every core.
  void start(instant now);

  void ready(lane_id lane);
  void reported(lane_id lane, const lane_usage& usage, instant now);
  void drained(lane_id lane);
  void down(lane_id lane, death cause, instant now);
  void spawn_due(uint32_t core, instant now);

  /// An attempt there hangs, and with it the thread, which cannot be stopped from outside. To all others the lane is
  /// dead from now on; its thread is abandoned and counted until it comes back after all, with `down`. `cause`: a crash
  /// if it ran on and on, else from outside.
  void stuck(lane_id lane, death cause, instant now);

  /// Time has passed: looks for workers that have become too old, and whether anybody is there. Needed only if there is
  /// a greatest age, and at `absent_until`.
  void tick(instant now);

  /// When the lanes will have been absent for too long; nothing if one is there, none has been, or there is no limit.
  [[nodiscard]] std::optional<instant> absent_until() const noexcept;

  /// Ends everybody; nobody is spawned any more.
  void close();

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] bool empty() const noexcept { return workers_.empty(); } ///< but for the stuck, who are not waited for
  [[nodiscard]] health_report health() const noexcept;
  [[nodiscard]] uint64_t rotations() const noexcept { return rotation_.completed(); }

  void check_invariants() const;

private:
  enum class stage : uint8_t { starting, hot, cooling, ending };
  struct member {
    uint32_t core = 0;
    instant spawned{};
    roster::stage stage = stage::starting;
    bool joined = false;
    lane_usage usage{};
  };

  lane_id spawn(uint32_t core, instant now);
  void end(lane_id lane, member& worker);
  void lose(lane_id lane, const member& worker, death cause, instant now);
  void note_absence(instant now);
  void rotate_if_worn(lane_id lane, const member& worker, instant now);
  void rotate_worn(instant now);
  void restart(uint32_t core, death cause, instant now);
  void say_if_unstaffed();
  [[nodiscard]] bool staffed() const noexcept;

  roster_options options_;
  roster_effects& effects_;
  rotation_policy rotation_;
  restart_policy restart_;
  std::map<uint32_t, member> workers_;  ///< by lane
  std::set<uint32_t> stuck_;            ///< lanes abandoned, no longer among the workers
  std::set<uint32_t> awaiting_respawn_; ///< cores whose back-off runs
  std::set<uint32_t> resting_;          ///< those of them whose workers crashed too often
  std::optional<instant> absent_since_; ///< no lane is there, and one was
  uint32_t next_lane_ = 1;
  bool unstaffed_ = false;
  bool too_many_stuck_ = false;
  bool absent_too_long_ = false;
  bool closed_ = false;
};

} // namespace texlex
