// What the program `chaos` and the shim inside texlexd and its workers share: which calls fail now, how often, and how
// many did. A file that all of them map; control.py has the same layout.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace texlex::chaos {

/// Calls that can be made to fail; the order is the file's.
enum class call : uint32_t {
  allocate,
  accept,
  receive,
  send,
  short_receive, ///< succeeds with less than it could
  short_send,
  epoll_wait,
  epoll_ctl,
  mmap,
  memfd,
  truncate,
  spawn,
  socketpair,
  thread,
  open,
  write_log,
  poll,
  stall, ///< not a failure: any of these calls takes a while first
};
inline constexpr size_t calls = 18;

/// Whose calls fail.
enum class scope : uint32_t { all, server, workers };

struct control {
  std::atomic<uint32_t> armed;      ///< a bit for each call
  std::atomic<uint32_t> whose;      ///< a scope
  std::atomic<uint32_t> server_pid; ///< 0 until it is known: then nothing fails
  std::atomic<uint32_t> often_ppm;  ///< how many of a million calls fail
  std::atomic<uint32_t> run_max;    ///< a failure is followed by up to so many of the same call in that thread
  std::atomic<uint32_t> kind;       ///< of errors: see `error_for`
  std::atomic<uint32_t> stall_us;   ///< how long a stalled call takes
  std::atomic<uint32_t> reserved;
  std::atomic<uint64_t> seed;
  std::atomic<int64_t> left;                     ///< failures that may still come
  std::array<std::atomic<uint64_t>, calls> seen; ///< while they were armed
  std::array<std::atomic<uint64_t>, calls> failed;
};
static_assert(sizeof(control) == 48 + 2 * 8 * calls);

} // namespace texlex::chaos
