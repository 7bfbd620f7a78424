#include "runtime/thread_times.hpp"

#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#endif

#include "runtime/socket.hpp"

namespace texlex {

#ifdef __linux__

pid_t number_of_this_thread() noexcept { return static_cast<pid_t>(::syscall(SYS_gettid)); }

// proc(5): the name, in parentheses, may hold anything; behind it come the state, and as the 12th and 13th the ticks
// in user and in system mode.
std::optional<thread_times> times_of(pid_t process, pid_t thread) noexcept {
  char path[64] = {};
  std::snprintf(path, sizeof path, "/proc/%d/task/%d/stat", process, thread);
  const owned_fd file{::open(path, O_RDONLY | O_CLOEXEC)};
  char text[512] = {};
  if (!file.is_open() || ::read(file.get(), text, sizeof text - 1) <= 0) return std::nullopt;
  const char* const name_end = std::strrchr(text, ')');
  char state = 0;
  unsigned long long user = 0, system = 0;
  if (name_end == nullptr
      || std::sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &state, &user, &system)
           != 3)
    return std::nullopt;
  static const auto ticks_per_second = static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
  const std::chrono::nanoseconds ran{(user + system) * 1'000'000'000ull / ticks_per_second};
  return thread_times{.processor_time = ran, .runnable = state == 'R'};
}

bool core_losses::any_since_last_look() noexcept {
  rusage used{};
  if (::getrusage(RUSAGE_THREAD, &used) != 0) return false;
  return std::exchange(seen_, used.ru_nivcsw) != used.ru_nivcsw;
}

#else

pid_t number_of_this_thread() noexcept { return 0; }

std::optional<thread_times> times_of(pid_t, pid_t) noexcept { return std::nullopt; }

bool core_losses::any_since_last_look() noexcept { return false; }

#endif

} // namespace texlex
