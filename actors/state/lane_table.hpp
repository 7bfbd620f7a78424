// Where attempts can run, and what runs where. A lane joins, may cool (it ends what it has and gets nothing new), and
// leaves for good. Counts come from here, also for attempts whose job has long been answered: a loser still occupies
// its lane until it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "actors/job.hpp"

namespace texlex {

enum class lane_state : uint8_t { hot, cooling };

enum class release_verdict : uint8_t {
  stale,   ///< the lane was not running that job, or is unknown
  freed,   ///< it has room again
  drained, ///< it was cooling, and this was the last it had
};

class lane_table {
public:
  /// `capacity`: attempts at once; 1 for a local worker.
  void join(lane_id lane, uint32_t capacity = 1);

  /// True if the lane has nothing in flight: it is drained already. False also if it is unknown or cooling already.
  [[nodiscard]] bool cool(lane_id lane);

  /// Forgets the lane. The jobs it had in flight are returned: they are lost there.
  [[nodiscard]] std::vector<job_id> leave(lane_id lane);

  /// The hot lane with fewest in flight that has room and does not run this job; of several the one that joined first,
  /// as its caches are warmest.
  [[nodiscard]] std::optional<lane_id> pick(job_id job) const;

  /// As `pick`, but nothing may be in flight there.
  [[nodiscard]] std::optional<lane_id> pick_idle(job_id job) const;

  void started(lane_id lane, job_id job);
  [[nodiscard]] release_verdict finished(lane_id lane, job_id job);

  [[nodiscard]] bool any_hot() const noexcept;
  [[nodiscard]] size_t count() const noexcept { return lanes_.size(); }
  [[nodiscard]] size_t in_flight() const noexcept;
  [[nodiscard]] size_t in_flight(lane_id lane) const noexcept;

  void check_invariants() const;

private:
  struct row {
    lane_state state = lane_state::hot;
    uint32_t capacity = 1;
    std::vector<job_id> in_flight{};
  };

  std::map<uint32_t, row> lanes_; ///< ids grow, so this is the order of joining
};

} // namespace texlex
