// Ends the process if something that must end does not: CAF 0.17 can hang in its shutdown (a lost race of a detached
// actor), and a service that does not exit is worse than one that exits untidily.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <spdlog/spdlog.h>

#include "actors/exit_status.hpp"
#include "actors/log.hpp"

namespace texlex {

class watchdog {
public:
  /// Unless destroyed within that time, the process ends with exit_status::ended_at_once.
  watchdog(const char* what, std::chrono::milliseconds limit) : thread_([this, what, limit] { watch(what, limit); }) {}

  ~watchdog() {
    {
      std::lock_guard guard{mutex_};
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

private:
  void watch(const char* what, std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    if (changed_.wait_for(lock, limit, [this] { return done_; })) return;
    spdlog::critical("{} did not end within {} ms: the process ends now", what, limit.count());
    flush_log(last_flush);
    std::_Exit(exit_status::ended_at_once);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace texlex
