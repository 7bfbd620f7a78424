#include "actors/lane_threads.hpp"

#include <unistd.h>

namespace texlex {

void lane_threads::enter(lane_id lane, std::optional<pid_t> process) {
  const std::lock_guard guard{mutex_};
  rows_[lane.value] = {.thread = number_of_this_thread(), .process = process};
}

void lane_threads::leave(lane_id lane) {
  const std::lock_guard guard{mutex_};
  rows_.erase(lane.value);
}

void lane_threads::abandon(lane_id lane) {
  const std::lock_guard guard{mutex_};
  if (const auto found = rows_.find(lane.value); found != rows_.end()) found->second.abandoned = true;
}

bool lane_threads::abandoned(lane_id lane) const {
  const std::lock_guard guard{mutex_};
  const auto found = rows_.find(lane.value);
  return found != rows_.end() && found->second.abandoned;
}

// Of a process, its lane's thread has a part in it too: it has to be given a core to hand over what it was given.
std::optional<thread_times> lane_threads::times(lane_id lane) const {
  row asked;
  {
    const std::lock_guard guard{mutex_};
    const auto found = rows_.find(lane.value);
    if (found == rows_.end()) return std::nullopt;
    asked = found->second;
  }
  const auto own = times_of(::getpid(), asked.thread);
  if (!own || !asked.process) return own;
  auto worker = times_of(*asked.process, *asked.process);
  if (worker) worker->runnable |= own->runnable;
  return worker;
}

} // namespace texlex
