#include "actors/lane_threads.hpp"

#include <utility>

#include <unistd.h>

namespace texlex {

void lane_threads::enter(lane_id lane, std::shared_ptr<const scan_progress> progress, std::optional<pid_t> process) {
  const std::lock_guard guard{mutex_};
  rows_[lane.value] = {.thread = number_of_this_thread(), .progress = std::move(progress), .process = process};
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

lane_signs lane_threads::signs(lane_id lane) const {
  row asked;
  {
    const std::lock_guard guard{mutex_};
    const auto found = rows_.find(lane.value);
    if (found == rows_.end()) return {};
    asked = found->second;
  }
  lane_signs seen{.times = times(asked)};
  if (asked.progress) seen.chunks = asked.progress->chunks();
  return seen;
}

// Of a process, its lane's thread has a part in it too: it has to be given a core to hand over what it was given.
std::optional<thread_times> lane_threads::times(const row& of) {
  const auto own = times_of(::getpid(), of.thread);
  if (!own || !of.process) return own;
  auto worker = times_of(*of.process, *of.process);
  if (worker) worker->runnable |= own->runnable;
  return worker;
}

} // namespace texlex
