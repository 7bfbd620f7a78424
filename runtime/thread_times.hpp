// What the system tells of threads: how long they have run, and whether they would run now if they had a core.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "runtime/time.hpp"

namespace texlex {

struct thread_times {
  duration processor_time{}; ///< since it began, to a hundredth of a second
  bool runnable = false;     ///< it runs or waits for a core; else it sleeps, is stopped, or waits for a disk
};

/// The number the system knows the calling thread by; 0 where it has none that others may ask about.
[[nodiscard]] pid_t number_of_this_thread() noexcept;

/// Of a thread of a process, whose first thread has the process's own number. Nothing if it is gone, or where the
/// system does not tell.
[[nodiscard]] std::optional<thread_times> times_of(pid_t process, pid_t thread) noexcept;

/// Tells a thread whether the system has taken its core away for a while, so that what a clock measured tells nothing
/// of its work. For one thread, always the same; a look is a system call.
class core_losses {
public:
  /// Since the last look, or since it began.
  [[nodiscard]] bool any_since_last_look() noexcept;

private:
  int64_t seen_ = 0;
};

/// Of all threads of this process but the calling one, and of the first threads of its children, taken together: how
/// long they have run, those that have ended too, and whether any of them would run. Takes a millisecond for hundreds.
[[nodiscard]] std::optional<thread_times> times_of_all_others() noexcept;

} // namespace texlex
