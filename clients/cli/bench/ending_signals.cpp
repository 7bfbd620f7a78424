#include "clients/cli/bench/ending_signals.hpp"

#include <atomic>
#include <cerrno>

namespace texlex::load {
namespace {

// What a handler can reach. Both are lock-free, as a handler's means must be; so is all of `wake`.
std::atomic<event_loop*> to_wake = nullptr;
std::atomic<int> came = 0;
static_assert(std::atomic<event_loop*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void note(int signal) {
  const int error = errno; // of whatever it interrupts
  came = signal;
  if (event_loop* const loop = to_wake) loop->wake();
  errno = error;
}

} // namespace

ending_signals::ending_signals(event_loop& loop) {
  came = 0;
  to_wake = &loop;
  for (watched& each : signals_) {
    if (::sigaction(each.number, nullptr, &each.before) != 0 || each.before.sa_handler == SIG_IGN) continue;
    struct sigaction with {};
    with.sa_handler = note;
    with.sa_flags = SA_RESTART;
    each.is_set = ::sigaction(each.number, &with, nullptr) == 0;
  }
}

std::optional<int> ending_signals::take() noexcept {
  const int signal = came.exchange(0);
  if (signal == 0) return std::nullopt;
  restore();
  return signal;
}

void ending_signals::restore() noexcept {
  for (watched& each : signals_)
    if (std::exchange(each.is_set, false)) ::sigaction(each.number, &each.before, nullptr);
  to_wake = nullptr;
}

} // namespace texlex::load
