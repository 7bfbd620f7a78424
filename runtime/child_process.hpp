// A process this one has started: in a process group of its own, so that a terminal's Ctrl-C reaches its parent only,
// with one descriptor passed on and no other, and always waited for, so that none is left as a zombie.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "runtime/time.hpp"

namespace texlex {

/// The program that runs in this process.
inline constexpr const char* this_program = "/proc/self/exe";

/// Where a child finds the descriptor that was passed on to it.
inline constexpr int passed_descriptor = 3;

/// How a process ended.
struct process_end {
  static constexpr int unknown = -1;
  int signal = 0;            ///< 0: it ended by itself
  int exit_status = unknown; ///< unknown: it could not be killed, or somebody else has waited for it

  /// The end of a sentence that begins with the process.
  [[nodiscard]] std::string text() const;
};

class child_process {
public:
  /// Starts a program, with its name as the first of `arguments`. Its input and output are /dev/null, its errors go
  /// where this process's go. Blocked in it is what asks this process for something: SIGTERM, SIGINT, SIGHUP, SIGQUIT,
  /// SIGUSR1 and SIGUSR2. Throws std::runtime_error with a sentence.
  child_process(const char* program, std::vector<std::string> arguments, int passed_fd);
  /// Kills it, if it has not ended.
  ~child_process() { end(duration{0}); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Its number, for as long as it is running: afterwards another process may get it.
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running() { return !reaped(duration{0}); }

  /// Waits until it has ended by itself, and kills it if it has not within `patience`.
  process_end end(duration patience);

private:
  /// Whether it has ended within that time.
  bool reaped(duration patience);

  pid_t pid_;
  bool reaped_ = false;
  bool told_ = false; ///< how it ended
  int status_ = 0;    ///< as waitpid tells it
};

/// Has the calling process killed as soon as the thread that started it has ended, so that no orphan is left.
void end_with_parent() noexcept;

} // namespace texlex
