// Ends the process if something that must end does not: CAF 0.17 can hang in its shutdown (a lost race of a detached
// actor), and a service that does not exit is worse than one that exits untidily. The bound is of the time the process
// answers for: while it wants to run and is given no core, it is waited for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/time.hpp"

namespace texlex {

class watchdog {
public:
  /// Unless destroyed within that time, the process ends with exit_status::ended_at_once. `what`: a literal.
  watchdog(const char* what, duration limit);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

private:
  void watch(const char* what, duration limit);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace texlex
