#include "bench/instruction_count.hpp"

#include <csignal>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace texlex::bench {
namespace {

// The child asks to be traced, and stops until the parent steps it.
[[noreturn]] void be_traced(const std::function<void()>& work) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
  ::raise(SIGSTOP);
  work();
  ::_exit(0);
}

std::optional<uint64_t> steps_of(const std::function<void()>& work, uint64_t most) {
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) be_traced(work);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) return std::nullopt; // it was not allowed to
  for (uint64_t steps = 0; steps < most; ++steps) {
    if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) break;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? std::optional{steps} : std::nullopt;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return std::nullopt;
}

} // namespace

std::optional<uint64_t> count_instructions(const std::function<void()>& work, uint64_t most) {
  const auto nothing = steps_of([] {}, most);
  const auto all = steps_of(work, most);
  if (!nothing || !all || *all < *nothing) return std::nullopt;
  return *all - *nothing;
}

} // namespace texlex::bench
