// The processes of a texlexd whose workers have processes of their own, as /proc has them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cpu.hpp"
#include "runtime/time.hpp"
#include "test/e2e/running_texlexd.hpp"

namespace texlex::test {

/// State and parent of a process; nothing if it is gone.
struct process_state {
  char state = '?';
  pid_t parent = 0;
};
[[nodiscard]] inline std::optional<process_state> state_of(pid_t pid) {
  const std::string line = read_file("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = line.rfind(')'); // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest{line.substr(name_end + 1)};
  process_state found;
  rest >> found.state >> found.parent;
  return found;
}

[[nodiscard]] inline std::vector<pid_t> children_of(const running_texlexd& server) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stoul(name));
    const auto state = state_of(pid);
    if (state && state->parent == server.pid() && state->state != 'Z') found.push_back(pid);
  }
  std::ranges::sort(found);
  return found;
}

template <class Condition>
[[nodiscard]] bool wait_until(Condition holds) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(std::chrono::milliseconds{1}))
    if (holds()) return true;
  return false;
}

/// Whoever inherits an orphan may leave it as a zombie.
[[nodiscard]] inline bool gone(pid_t pid) {
  const auto state = state_of(pid);
  return !state || state->state == 'Z';
}

[[nodiscard]] inline bool all_are_back(const running_texlexd& server) {
  return wait_until([&] { return children_of(server).size() == allowed_cores().size(); });
}

} // namespace texlex::test
