// Where attempts can run, and what runs where. A lane joins, may cool (it ends what it has and gets nothing new), and
// leaves for good. Counts come from here, also for attempts whose job has long been answered: a loser still occupies
// its lane until it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <boost/circular_buffer.hpp>

#include "actors/job.hpp"
#include "actors/state/lane_health.hpp"
#include "actors/state/service_estimate.hpp"

namespace texlex {

enum class lane_state : uint8_t { hot, cooling };

enum class release_verdict : uint8_t {
  stale,   ///< the lane was not running that job, or is unknown
  freed,   ///< it has room again
  drained, ///< it was cooling, and this was the last it had
};

/// An attempt that occupies a lane, whether its job is still open or not.
struct lane_attempt {
  job_id job;
  uint64_t bytes = 0; ///< of its document
  instant since{};
  uint64_t client = 0;
  request_priority priority = request_priority::normal;
  workload work{};
  duration expected{0}; ///< to occupy the lane for
  bool paid = false;    ///< its client was charged for it, as it is the job's first
};

struct lane_release {
  release_verdict verdict = release_verdict::stale;
  lane_attempt attempt{}; ///< that ended, unless stale
  bool remote = false;    ///< the lane
};

class lane_table {
public:
  void join(lane_id lane, const lane_traits& traits = {});

  /// True if the lane has nothing in flight: it is drained already. False also if it is unknown or cooling already.
  [[nodiscard]] bool cool(lane_id lane);

  /// Forgets the lane. The attempts it had in flight are returned: they are lost there.
  [[nodiscard]] std::vector<lane_attempt> leave(lane_id lane);

  /// The hot lanes here for all documents that have room, in the order in which they joined: `out` holds these and
  /// nothing else.
  void with_room(std::vector<lane_load>& out) const;

  /// The same of lanes on other nodes, which take a document so long.
  void remote_with_room(uint64_t bytes, std::vector<lane_load>& out) const;

  /// A hot lane for small documents only that has room for one that is so long and is expected to take so long.
  [[nodiscard]] std::optional<lane_id> small_only_with_room(uint64_t bytes, duration expected) const noexcept;

  /// The same for a longer one, which is to be the only one in flight anywhere.
  [[nodiscard]] std::optional<lane_id> small_only_for_one_alone(uint64_t bytes, duration expected) const noexcept;

  /// Whether any document so long would find such a lane, had it room and were it expected to be quick.
  [[nodiscard]] bool small_only_for(uint64_t bytes) const noexcept { return bytes <= small_bytes_max_; }

  /// From now on no more than so many attempts at one time are given to the lane, within its capacity.
  void limit(lane_id lane, uint32_t attempts) noexcept;

  void started(lane_id lane, const lane_attempt& attempt);
  [[nodiscard]] lane_release finished(lane_id lane, job_id job);

  /// Calls `look` with each lane and each of its attempts.
  template <class Look>
  void each_attempt(Look look) const {
    for (const auto& [id, lane] : lanes_)
      for (const lane_attempt& attempt : lane.in_flight) look(lane_id{id}, attempt);
  }

  [[nodiscard]] bool is_small_only(lane_id lane) const noexcept;
  [[nodiscard]] bool is_remote(lane_id lane) const noexcept;
  [[nodiscard]] bool any_remote() const noexcept;

  /// Of the hot lanes here for all documents, how many in a hundred have something in flight; 0 if there are none.
  [[nodiscard]] uint32_t busy_percent() const noexcept;

  /// Of the lanes here for all documents.
  [[nodiscard]] bool any_hot() const noexcept;
  [[nodiscard]] size_t count() const noexcept { return lanes_.size(); }
  [[nodiscard]] size_t count_for_all() const noexcept; ///< documents, here
  [[nodiscard]] size_t in_flight() const noexcept;
  [[nodiscard]] size_t in_flight(lane_id lane) const noexcept;
  [[nodiscard]] bool knows(lane_id lane) const noexcept { return lanes_.count(lane.value) > 0; }
  [[nodiscard]] bool runs(lane_id lane, job_id job) const noexcept;

  void check_invariants() const;

private:
  struct row {
    [[nodiscard]] bool for_all_here() const noexcept { return !traits.small_only() && !traits.remote; }

    lane_state state = lane_state::hot;
    lane_traits traits{};
    uint32_t attempts_max = 1;                        ///< at one time, now
    boost::circular_buffer<lane_attempt> in_flight{}; ///< the one it is at first, which mostly is the next to end
    duration expected{0};                             ///< of all of them
  };

  void note_small_only() noexcept;

  std::map<uint32_t, row> lanes_; ///< ids grow, so this is the order of joining
  uint64_t small_bytes_max_ = 0;  ///< of any hot lane for small documents only; 0: there is none
};

} // namespace texlex
