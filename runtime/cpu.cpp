#include "runtime/cpu.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace texlex {
namespace {

std::vector<uint32_t> all_cores() {
  std::vector<uint32_t> cores(std::max(1u, std::thread::hardware_concurrency()));
  for (uint32_t i = 0; i < cores.size(); ++i) cores[i] = i;
  return cores;
}

std::string list(const std::vector<uint32_t>& cores) {
  std::string text;
  for (uint32_t core : cores) text += (text.empty() ? "" : ", ") + std::to_string(core);
  return text;
}

} // namespace

#ifdef __linux__

std::vector<uint32_t> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // 0 is the calling thread: ask before pinning it.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return all_cores();
  std::vector<uint32_t> cores;
  for (uint32_t i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) cores.push_back(i);
  return cores;
}

std::optional<std::string> pin_this_thread(uint32_t core) {
  if (core >= CPU_SETSIZE) return "core " + std::to_string(core) + " is beyond what this system can number";
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  if (error == 0) return std::nullopt;
  return "cannot run a thread on core " + std::to_string(core) + ": " + std::generic_category().message(error);
}

// Linux gives 335 parts of 1024 to niceness 5.
void give_way(int thread) noexcept {
  constexpr int lower = 5;
  setpriority(PRIO_PROCESS, static_cast<id_t>(thread == 0 ? gettid() : thread), lower);
}

// The lowest of the usual priorities: an idle policy would let it starve. Of a thread, as Linux has it: others have it
// of the process.
void step_back_this_thread() noexcept {
  constexpr int lowest = 19;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), lowest);
}

unsigned memory_node_of_this_thread() noexcept {
  unsigned core = 0, node = 0;
  return ::getcpu(&core, &node) == 0 ? node : 0;
}

void name_this_thread(const std::string& name) noexcept {
  char text[16] = {};
  name.copy(text, sizeof text - 1);
  pthread_setname_np(pthread_self(), text);
}

#else // macOS binds threads to no core: workers float, which costs latency and nothing else.

std::vector<uint32_t> allowed_cores() { return all_cores(); }

std::optional<std::string> pin_this_thread(uint32_t core) {
  return "this system does not bind threads to cores, so the worker of core " + std::to_string(core) + " floats";
}

void give_way(int) noexcept {}

void step_back_this_thread() noexcept {}

unsigned memory_node_of_this_thread() noexcept { return 0; }

void name_this_thread(const std::string& name) noexcept { pthread_setname_np(name.c_str()); }

#endif

std::vector<uint32_t> cores_within(std::vector<uint32_t> allowed, std::optional<double> quota) {
  if (quota && *quota < static_cast<double>(allowed.size()))
    allowed.resize(std::max<size_t>(1, static_cast<size_t>(*quota)));
  return allowed;
}

std::optional<std::string> first_core_error(const std::vector<uint32_t>& cores) {
  const auto allowed = allowed_cores();
  for (uint32_t core : cores)
    if (!std::binary_search(allowed.begin(), allowed.end(), core))
      return "core " + std::to_string(core) + " does not exist or is not given to this process, which may use "
             + list(allowed) + ".";
  return std::nullopt;
}

} // namespace texlex
