// Which threads carry out a lane's attempts and how far they get, so that the broker can ask what they do, and whether
// the lane was abandoned. Lanes come and go on threads of their own: safe from any thread, off the way of a request.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "actors/job.hpp"
#include "actors/state/attempt_watch.hpp"
#include "kernels/scan.hpp"
#include "runtime/thread_times.hpp"

namespace texlex {

class lane_threads {
public:
  /// From now on the calling thread is the lane's. `progress`: where its chunks are counted. `process`: it only waits
  /// for the first thread of that one.
  void enter(lane_id lane, std::shared_ptr<const scan_progress> progress, std::optional<pid_t> process = std::nullopt);
  void leave(lane_id lane);

  /// Its worker hangs and is not waited for any more: a process of its own is to be killed.
  void abandon(lane_id lane);
  [[nodiscard]] bool abandoned(lane_id lane) const;

  /// Nothing of a lane nobody has entered.
  [[nodiscard]] lane_signs signs(lane_id lane) const;

private:
  struct row {
    pid_t thread = 0;
    std::shared_ptr<const scan_progress> progress;
    std::optional<pid_t> process;
    bool abandoned = false;
  };

  [[nodiscard]] static std::optional<thread_times> times(const row& of);

  mutable std::mutex mutex_;
  std::map<uint32_t, row> rows_; ///< by lane
};

} // namespace texlex
