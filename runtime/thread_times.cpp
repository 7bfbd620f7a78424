#include "runtime/thread_times.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include <dirent.h>
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

namespace {

struct folder_closer {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

duration processor_time_of_this_process() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

// Where the kernel does not list children there are none to see.
void add_children_of(pid_t thread, thread_times& all) noexcept {
  char path[64] = {};
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", thread);
  const owned_fd file{::open(path, O_RDONLY | O_CLOEXEC)};
  char text[4096] = {};
  if (!file.is_open() || ::read(file.get(), text, sizeof text - 1) <= 0) return;
  char* rest = text;
  for (long child = std::strtol(rest, &rest, 10); child > 0; child = std::strtol(rest, &rest, 10)) {
    const auto its = times_of(static_cast<pid_t>(child), static_cast<pid_t>(child));
    if (!its) continue;
    all.processor_time += its->processor_time;
    all.runnable |= its->runnable;
  }
}

} // namespace

std::optional<thread_times> times_of_all_others() noexcept {
  const std::unique_ptr<DIR, folder_closer> folder{::opendir("/proc/self/task")};
  if (!folder) return std::nullopt;
  thread_times all{.processor_time = processor_time_of_this_process()};
  const pid_t process = ::getpid(), self = number_of_this_thread();
  while (const dirent* const entry = ::readdir(folder.get())) {
    const auto thread = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (thread <= 0) continue;
    add_children_of(thread, all);
    if (thread == self) continue;
    const auto its = times_of(process, thread);
    all.runnable |= its && its->runnable;
  }
  return all;
}

#else

std::optional<thread_times> times_of_all_others() noexcept { return std::nullopt; }

pid_t number_of_this_thread() noexcept { return 0; }

std::optional<thread_times> times_of(pid_t, pid_t) noexcept { return std::nullopt; }

bool core_losses::any_since_last_look() noexcept { return false; }

#endif

} // namespace texlex
