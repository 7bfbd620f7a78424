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
  std::array<bool, 4> pending{}; ///< by request
  int ended_by = 0;

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
      if (request == signal_request::end && ended_by != 0) end_at_once("a second signal");
      if (request == signal_request::end) ended_by = signal;
      pending[static_cast<size_t>(request)] = true;
    }
    changed.notify_all();
  }
};

signals::signals() : state_(std::make_shared<state>()) {
  for (const int signal : ignored) std::signal(signal, SIG_IGN);
  const sigset_t set = set_of_waited_for();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread{[state = state_] { state->run(); }}.detach();
}

signal_request signals::next() {
  std::unique_lock lock{state_->mutex};
  auto& pending = state_->pending;
  const auto first = [&] { return std::find(pending.begin(), pending.end(), true); };
  state_->changed.wait(lock, [&] { return first() != pending.end(); });
  const auto found = first();
  *found = false;
  return static_cast<signal_request>(found - pending.begin());
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
