// How much of the time that has passed a thread has to answer for: the time it ran, slept, was stopped or stood still,
// but not the time in which it wanted to run and the system gave it no core. So a worker that is starved is told from
// one that hangs, however long either takes by the clock on the wall.
#pragma once

#include <optional>

#include "runtime/thread_times.hpp"
#include "runtime/time.hpp"

namespace texlex {

class charged_time {
public:
  /// The thread answers from `begun` on. No look charges more than `look_max`: whoever looks may be late itself.
  charged_time(instant begun, duration look_max) : looked_(begun), look_max_(look_max) {}

  /// What the thread does now, or all threads of a process; nothing where the system does not tell: then the clock on
  /// the wall counts.
  void look(instant now, const std::optional<thread_times>& seen) noexcept;

  /// It answers for nothing it has done so far.
  void forgive() noexcept { total_ = ran_ = duration{0}; }

  [[nodiscard]] duration total() const noexcept { return total_; }
  /// It ran most of it: it does not stand still, but goes on and on.
  [[nodiscard]] bool mostly_ran() const noexcept { return ran_ > total_ / 2; }
  [[nodiscard]] instant looked() const noexcept { return looked_; }

private:
  instant looked_;
  duration look_max_;
  std::optional<duration> processor_time_; ///< as far as it is charged
  duration total_{};
  duration ran_{};
};

} // namespace texlex
