#include "runtime/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char** environ;

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr duration reap_nap = 200us;
constexpr duration kill_patience = 2s; ///< a killed process ends at once, unless the system itself is stuck

// What a child is to find, and to have blocked, when its program begins.
class spawn_plan {
public:
  explicit spawn_plan(int passed_fd) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, passed_fd, passed_descriptor); // first: it may be one of the next two
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#ifdef __linux__
    posix_spawn_file_actions_addclosefrom_np(&files, passed_descriptor + 1); // connections are not closed on exec
#endif
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) sigaddset(&blocked, signal);
    posix_spawnattr_setsigmask(&attributes, &blocked);
  }
  ~spawn_plan() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

} // namespace

child_process::child_process(const char* program, std::vector<std::string> arguments, int passed_fd) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const spawn_plan plan{passed_fd};
  const int error = ::posix_spawn(&pid_, program, &plan.files, &plan.attributes, argv.data(), environ);
  if (error != 0)
    throw std::runtime_error{std::string{"cannot start "} + program + ": " + std::generic_category().message(error)};
}

bool child_process::reaped(duration patience) {
  for (const instant until = now() + patience; !reaped_; std::this_thread::sleep_for(reap_nap)) {
    const pid_t got = ::waitpid(pid_, &status_, WNOHANG);
    told_ = got == pid_;
    reaped_ = told_ || (got < 0 && errno == ECHILD); // the latter if SIGCHLD is ignored: the system has reaped it
    if (!reaped_ && now() >= until) return false;
  }
  return true;
}

std::string process_end::text() const {
  if (signal != 0) return "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  if (exit_status == unknown) return "cannot be killed or waited for, and is left";
  return "ended with status " + std::to_string(exit_status);
}

process_end child_process::end(duration patience) {
  if (!reaped(patience)) {
    ::kill(pid_, SIGKILL);
    if (!reaped(kill_patience)) return {};
  }
  if (!told_) return {};
  if (WIFSIGNALED(status_)) return {.signal = WTERMSIG(status_)};
  return {.exit_status = WEXITSTATUS(status_)};
}

void end_with_parent() noexcept {
#ifdef __linux__
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

} // namespace texlex
