#include "actors/watchdog.hpp"

#include <cstdlib>

#include <spdlog/spdlog.h>

#include "actors/exit_status.hpp"
#include "actors/log.hpp"
#include "actors/state/charged_time.hpp"
#include "runtime/thread_times.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr duration watch_interval = 100ms;

} // namespace

watchdog::watchdog(const char* what, duration limit) : thread_([this, what, limit] { watch(what, limit); }) {}

watchdog::~watchdog() {
  {
    const std::lock_guard guard{mutex_};
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void watchdog::watch(const char* what, duration limit) {
  charged_time charged{now(), 2 * watch_interval};
  std::unique_lock lock{mutex_};
  while (!changed_.wait_for(lock, watch_interval, [this] { return done_; })) {
    charged.look(now(), times_of_all_others());
    if (charged.total() < limit) continue;
    spdlog::critical("{} did not end within {} ms of its own time: the process ends now", what, limit / 1ms);
    flush_log(last_flush);
    std::_Exit(exit_status::ended_at_once);
  }
}

} // namespace texlex
