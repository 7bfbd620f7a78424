#include "actors/texlexd/signals.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "actors/exit_status.hpp"
#include "actors/log.hpp"
#include "runtime/cpu.hpp"

namespace texlex {
namespace {

constexpr std::array waited_for{SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};

// A write says all of this itself. SIGTTOU: a terminal stops whoever writes to it from the background.
constexpr std::array ignored{SIGPIPE, SIGXFSZ, SIGTTOU};

sigset_t set_of_waited_for() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : waited_for) sigaddset(&set, signal);
  return set;
}

signal_request request_of(int signal) {
  switch (signal) {
    case SIGHUP: return signal_request::reload;
    case SIGUSR1: return signal_request::log_stats;
    case SIGUSR2: return signal_request::change_log_level;
    default: return signal_request::end;
  }
}

[[noreturn]] void end_at_once(const char* why) {
  constexpr std::chrono::milliseconds patience{100};
  say("texlexd: " + std::string{why} + ": ending at once");
  flush_log(patience);
  std::_Exit(exit_status::ended_at_once);
}

} // namespace

struct signals::state {
  std::mutex mutex; // guards all below; held for a look
  std::condition_variable changed;
  std::array<uint32_t, 4> pending{}; ///< by request: `end` may come twice, of the others two are one
  int ended_by = 0;
  bool has_grace = false; ///< that a second signal may end
  bool was_skipped = false;

  void run() {
    name_this_thread("texlex.signals");
    const sigset_t set = set_of_waited_for();
    for (;;) {
      int signal = 0;
      if (sigwait(&set, &signal) == 0) heard(signal);
    }
  }

  void heard(int signal) {
    if (signal == SIGQUIT) end_at_once("SIGQUIT");
    const signal_request request = request_of(signal);
    {
      const std::lock_guard guard{mutex};
      if (request == signal_request::end) heard_end(signal);
      uint32_t& waiting = pending[static_cast<size_t>(request)];
      waiting = request == signal_request::end ? waiting + 1 : 1;
    }
    changed.notify_all();
  }

  // With the lock.
  void heard_end(int signal) {
    if (ended_by == 0) {
      ended_by = signal;
    } else if (has_grace) {
      has_grace = false;
      was_skipped = true;
    } else {
      end_at_once(was_skipped ? "a third signal" : "a second signal");
    }
  }
};

signals::signals(bool has_grace) : state_(std::make_shared<state>()) {
  state_->has_grace = has_grace;
  for (const int signal : ignored) std::signal(signal, SIG_IGN);
  const sigset_t set = set_of_waited_for();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread{[state = state_] { state->run(); }}.detach();
}

std::optional<signal_request> signals::next(instant until) {
  std::unique_lock lock{state_->mutex};
  auto& pending = state_->pending;
  const auto first = [&] {
    return std::find_if(pending.begin(), pending.end(), [](uint32_t waiting) { return waiting > 0; });
  };
  const auto is_there = [&] { return first() != pending.end(); };
  if (until == instant::max())
    state_->changed.wait(lock, is_there);
  else if (!state_->changed.wait_until(lock, until, is_there))
    return std::nullopt;
  const auto found = first();
  *found -= 1;
  return static_cast<signal_request>(found - pending.begin());
}

void signals::grace_is_over() {
  const std::lock_guard guard{state_->mutex};
  state_->has_grace = false;
}

bool signals::end_within(duration patience) {
  std::unique_lock lock{state_->mutex};
  return state_->changed.wait_for(lock, patience, [&] { return state_->ended_by != 0; });
}

int signals::ended_by() const {
  const std::lock_guard guard{state_->mutex};
  return state_->ended_by;
}

} // namespace texlex
