// Which threads carry out a lane's attempts, so that the broker can ask the system what they do, and whether the lane
// was abandoned. Lanes come and go on threads of their own: safe from any thread, and off the way of a request.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "actors/job.hpp"
#include "runtime/thread_times.hpp"

namespace texlex {

class lane_threads {
public:
  /// From now on the calling thread is the lane's. `process`: it only waits for the first thread of that one.
  void enter(lane_id lane, std::optional<pid_t> process = std::nullopt);
  void leave(lane_id lane);

  /// Its worker hangs and is not waited for any more: a process of its own is to be killed.
  void abandon(lane_id lane);
  [[nodiscard]] bool abandoned(lane_id lane) const;

  /// Nothing if no thread is known, or where the system does not tell.
  [[nodiscard]] std::optional<thread_times> times(lane_id lane) const;

private:
  struct row {
    pid_t thread = 0;
    std::optional<pid_t> process;
    bool abandoned = false;
  };

  mutable std::mutex mutex_;
  std::map<uint32_t, row> rows_; ///< by lane
};

} // namespace texlex
