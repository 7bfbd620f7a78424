#include "runtime/memory.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach/mach.h>
#endif

#include "runtime/socket.hpp"
#include "runtime/time.hpp"

namespace texlex {

size_t page_bytes() noexcept {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

#ifdef __APPLE__

std::optional<uint64_t> resident_bytes() noexcept {
  mach_task_basic_info info{};
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  const auto result = task_info(mach_task_self(), MACH_TASK_BASIC_INFO, reinterpret_cast<task_info_t>(&info), &count);
  if (result != KERN_SUCCESS) return std::nullopt;
  return info.resident_size;
}

std::optional<uint64_t> resident_bytes_of(pid_t) noexcept { return std::nullopt; }

#else

namespace {

int opened(const char* statm) noexcept { return ::open(statm, O_RDONLY | O_CLOEXEC); }

// The second number of a process's statm, in pages. Reads from the start each time.
std::optional<uint64_t> resident_bytes_in(int statm) noexcept {
  char text[128] = {}; // seven numbers
  if (statm < 0 || ::pread(statm, text, sizeof text - 1, 0) <= 0) return std::nullopt;
  unsigned long long total = 0, resident = 0;
  if (std::sscanf(text, "%llu %llu", &total, &resident) != 2) return std::nullopt;
  return resident * page_bytes();
}

} // namespace

// Workers ask after every few large documents, so the file stays open: two system calls and a look-up less each time.
std::optional<uint64_t> resident_bytes() noexcept {
  static std::atomic<int> own = -1;
  int file = own;
  if (file < 0) { // the first time, or the process has had no file left so far
    owned_fd made{opened("/proc/self/statm")};
    if (!own.compare_exchange_strong(file, made.get())) return resident_bytes_in(file);
    file = made.release();
  }
  return resident_bytes_in(file);
}

std::optional<uint64_t> resident_bytes_of(pid_t process) noexcept {
  char path[32] = {}; // a pid has at most 10 digits
  std::snprintf(path, sizeof path, "/proc/%d/statm", process);
  const owned_fd file{opened(path)};
  return resident_bytes_in(file.get());
}

#endif

std::optional<uint64_t> resident_bytes_peak() noexcept {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
#ifdef __APPLE__
  constexpr uint64_t unit = 1;
#else
  constexpr uint64_t unit = 1024;
#endif
  return static_cast<uint64_t>(usage.ru_maxrss) * unit;
}

std::optional<uint64_t> lockable_bytes_max() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

bool lock_memory(void* address, size_t bytes) noexcept { return mlock(address, bytes) == 0; }

void prefer_huge_pages(void* address, size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  // From a page on, as madvise wants it; what a huge page does not fill is not backed by one anyway.
  const size_t skipped =
    round_up(reinterpret_cast<uintptr_t>(address), page_bytes()) - reinterpret_cast<uintptr_t>(address);
  if (bytes < skipped + huge_page_bytes) return;
  madvise(static_cast<char*>(address) + skipped, bytes - skipped,
          MADV_HUGEPAGE); // advice: without it all works, slower
#else
  static_cast<void>(address);
  static_cast<void>(bytes);
#endif
}

void fault_in(void* address, size_t bytes) noexcept {
  constexpr std::chrono::microseconds turn{100}, pause{50};
  auto* const first = static_cast<volatile unsigned char*>(address);
  instant begun = now();
  for (size_t i = 0; i < bytes; i += page_bytes()) {
    first[i] = 0;
    if (now() - begun < turn) continue;
    std::this_thread::sleep_for(pause);
    begun = now();
  }
}

void give_back(void* address, size_t bytes) noexcept {
#ifdef __APPLE__
  madvise(address, bytes, MADV_FREE);
#else
  madvise(address, bytes, MADV_DONTNEED);
#endif
}

} // namespace texlex
