#include "actors/texlexd/room_to_serve.hpp"

#include <algorithm>
#include <bit>
#include <future>
#include <system_error>
#include <thread>

#include <malloc.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "actors/state/file_plan.hpp"
#include "actors/system_config.hpp"
#include "kernels/column_answer.hpp"
#include "runtime/arena.hpp"
#include "runtime/cgroup.hpp"
#include "runtime/cpu.hpp"
#include "runtime/document.hpp"
#include "runtime/memory_reserve.hpp"
#include "runtime/socket.hpp"

namespace texlex {
namespace {

// The scheduler's, CAF's clock and printer, I/O, the ready line, and a worker's that replaces another.
constexpr uint64_t threads_beside_workers = scheduler_threads + 6;

constexpr double mib = 1 << 20;

// The main thread's aside: I/O, log, signals, CAF's clock; a thread that faults memory in.
constexpr uint64_t other_threads = 5;

constexpr uint64_t usual_stack_bytes = uint64_t{8} << 20;

rlimit limit_of(decltype(RLIMIT_AS) resource) {
  rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  ::getrlimit(resource, &limit);
  return limit;
}

uint64_t stack_bytes() {
  const rlim_t bytes = limit_of(RLIMIT_STACK).rlim_cur;
  return bytes == RLIM_INFINITY ? usual_stack_bytes : bytes;
}

void find_cores(room_to_serve& room) {
  auto& cores = room.adjusted.workers.cores;
  if (!cores.empty()) {
    room.cores_because = "as workers.cores says";
    return;
  }
  const auto allowed = allowed_cores();
  const auto quota = own_cpu_quota();
  cores = cores_within(allowed, quota ? std::optional{quota->cores} : std::nullopt);
  room.cores_because = cores.size() < allowed.size()
                         ? fmt::format("{} gives it {:.2f} of {} cores", quota->file, quota->cores, allowed.size())
                         : "one for each core this process may run on";
}

void fit_files(room_to_serve& room) {
  settings& s = room.adjusted;
  const uint64_t files = raise_open_files_limit();
  const file_plan plan = share_files(files, {.connections_max = s.server.connections_max,
                                             .requests_max = s.limits.requests_max,
                                             .requests_per_connection_max = s.limits.requests_per_connection_max,
                                             .workers = s.workers.cores.size(),
                                             .shared_documents = s.workers.in_processes(),
                                             .descriptors_max = s.limits.descriptors_max});
  if (plan.descriptors_max < s.limits.descriptors_max && plan.enough_at_all)
    room.warnings.push_back(fmt::format("this process may open {} files (RLIMIT_NOFILE): limits.descriptors_max is {} "
                                        "instead of {}",
                                        files, plan.descriptors_max, s.limits.descriptors_max));
  s.limits.descriptors_max = static_cast<uint32_t>(plan.descriptors_max);
  if (plan.enough) return;
  if (!plan.enough_at_all) {
    room.refused = fmt::format("this process may open {} files; it needs {} at least, and {} for what is set: raise "
                               "RLIMIT_NOFILE",
                               files, plan.needed_least, plan.needed);
    return;
  }
  std::string less =
    fmt::format("server.connections_max is {} instead of {}", plan.connections_max, s.server.connections_max);
  if (plan.requests_max < s.limits.requests_max)
    less += fmt::format(", limits.requests_max {} instead of {}", plan.requests_max, s.limits.requests_max);
  if (plan.requests_per_connection_max < s.limits.requests_per_connection_max)
    less += fmt::format(", limits.requests_per_connection_max {} instead of {}", plan.requests_per_connection_max,
                        s.limits.requests_per_connection_max);
  room.warnings.push_back(fmt::format("this process may open {} files, and what is set needs {} (RLIMIT_NOFILE): {}",
                                      files, plan.needed, less));
  s.server.connections_max = static_cast<uint32_t>(plan.connections_max);
  s.limits.requests_max = static_cast<uint32_t>(plan.requests_max);
  s.limits.requests_per_connection_max = static_cast<uint32_t>(plan.requests_per_connection_max);
}

// The longest there may be, in memory that is shared with a worker's process.
uint64_t column_file_bytes(const limit_settings& asked) {
  const column_order all{.columns = all_columns, .issues_told_max = limits::issues_kept_max, .memory = std::nullopt};
  return std::bit_ceil(std::min(column_memory_bytes(all, asked.document_bytes_max), asked.column_bytes_max));
}

// What is shared is a file to the system, though it lies in memory.
void fit_file_size(room_to_serve& room) {
  if (!room.adjusted.workers.in_processes()) return;
  const limit_settings& asked = room.adjusted.limits;
  const uint64_t needed = std::max(
    {shared_document_bytes(asked.document_bytes_max), column_file_bytes(asked), limits::copied_column_bytes_max});
  rlimit limit = limit_of(RLIMIT_FSIZE);
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed) return;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= needed) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_FSIZE, &limit) == 0) return;
  }
  room.refused =
    fmt::format("workers.isolation is \"process\", which shares documents and their columns as files of up to {} "
                "bytes; RLIMIT_FSIZE is {}: raise it, lower limits.document_bytes_max and "
                "limits.column_bytes_max, or use workers.isolation = \"thread\"",
                needed, limit.rlim_max);
}

// As much as the start takes: a worker's arenas for the largest document, and every thread's stack.
uint64_t address_space_needed(const settings& settings) {
  const uint64_t arenas = 2
                          * arena_mapped_bytes({.document_bytes_max = settings.limits.document_bytes_max,
                                                .resident_bytes = settings.workers.arena_resident_mb << 20});
  const uint64_t workers = settings.workers.cores.size();
  const uint64_t loop_arenas = 2
                               * arena_mapped_bytes({.document_bytes_max = loop_document_bytes_max(settings),
                                                     .resident_bytes = settings.workers.arena_resident_mb << 20});
  const uint64_t threads = workers + scheduler_threads + other_threads;
  return (settings.workers.in_processes() ? arenas : arenas * workers + loop_arenas) + threads * stack_bytes()
         + shared_document_bytes(settings.limits.document_bytes_max)
         + memory_reserve::blocks * memory_reserve::block_bytes;
}

// Whether there is so much is found out by taking it: nobody else knows what the program itself has.
void fit_address_space(room_to_serve& room) {
  const rlim_t limit = limit_of(RLIMIT_AS).rlim_cur;
  if (limit == RLIM_INFINITY) return;
  const uint64_t needed = address_space_needed(room.adjusted);
  void* const taken = ::mmap(nullptr, needed, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (taken != MAP_FAILED) {
    ::munmap(taken, needed);
    return;
  }
  room.refused = fmt::format("no worker could be started: {} of them with arenas for documents of up to {} bytes need "
                             "{:.0f} MiB of address space beside what the program has, and RLIMIT_AS is {:.0f} MiB: "
                             "raise it, or lower workers.cores or limits.document_bytes_max",
                             room.adjusted.workers.cores.size(), room.adjusted.limits.document_bytes_max,
                             static_cast<double>(needed) / mib, static_cast<double>(limit) / mib);
}

// As many threads as there will be, each waiting for all others: what forbids them (RLIMIT_NPROC, or pids.max of a
// control group) counts others' too, and CAF does not survive to find out later.
void fit_threads(room_to_serve& room) {
  const uint64_t needed =
    2 * room.adjusted.workers.cores.size() + threads_beside_workers; // a worker's process, or helper
  std::promise<void> all;
  const std::shared_future<void> all_are_there = all.get_future().share();
  std::vector<std::thread> threads;
  try {
    while (threads.size() < needed) threads.emplace_back([all_are_there] { all_are_there.wait(); });
  } catch (const std::system_error&) {
    room.refused = fmt::format("no worker could be started: this process may start {} threads now and needs {}: raise "
                               "RLIMIT_NPROC, or pids.max of its control group, or lower workers.cores",
                               threads.size(), needed);
  }
  all.set_value();
  for (std::thread& thread : threads) thread.join();
}

} // namespace

room_to_serve find_room(const settings& asked) {
  room_to_serve room{.adjusted = asked, .warnings = {}, .cores_because = {}, .refused = {}};
  find_cores(room);
  for (const auto fit : {fit_files, fit_file_size, fit_address_space, fit_threads})
    if (!room.refused) fit(room);
  return room;
}

void be_sparing_with_address_space() noexcept {
#ifdef __GLIBC__
  if (limit_of(RLIMIT_AS).rlim_cur != RLIM_INFINITY) ::mallopt(M_ARENA_MAX, 1);
#endif
}

} // namespace texlex
