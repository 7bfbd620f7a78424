// How many bytes does a process copy, and how many does it take from and give to the kernel? A shared library for
// LD_PRELOAD: it counts the bytes of the calls below and writes `name value` lines to the file that the environment
// variable TEXLEX_COPY_COUNT names when the process exits.
//
// It sees calls that go through the dynamic linker. It does not see copies the compiler wrote out in place (of a few
// dozen bytes whose number it knew, such as a header's), those libc makes within itself, and what a kernel stores as
// the output of a scan: nothing of that is a copy of a document, which is never of a known size.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

struct counter {
  const char* name;
  std::atomic<uint64_t> calls = 0;
  std::atomic<uint64_t> bytes = 0;

  void add(size_t count) noexcept {
    calls.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(count, std::memory_order_relaxed);
  }
  // Passes on what a system call returned; a failure is a call of no bytes.
  ssize_t returned(ssize_t count) noexcept {
    add(count > 0 ? static_cast<size_t>(count) : 0);
    return count;
  }
};

constinit counter memcpy_count{"memcpy"}, memmove_count{"memmove"};
constinit counter read_count{"read"}, recv_count{"recv"}, write_count{"write"}, send_count{"send"};

// The function of libc that ours stands before.
template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// Bytes are counted here, not timed, so a plain loop does; looking libc's own up would need memcpy already. Compiled
// with flags that keep the compiler from making calls of memcpy and memmove out of these loops.
void* copy_up(void* to, const void* from, size_t count) noexcept {
  auto* const out = static_cast<uint8_t*>(to);
  const auto* const in = static_cast<const uint8_t*>(from);
  for (size_t i = 0; i < count; ++i) out[i] = in[i];
  return to;
}

void* copy_down(void* to, const void* from, size_t count) noexcept {
  auto* const out = static_cast<uint8_t*>(to);
  const auto* const in = static_cast<const uint8_t*>(from);
  for (size_t i = count; i > 0; --i) out[i - 1] = in[i - 1];
  return to;
}

void* move(void* to, const void* from, size_t count) noexcept {
  memmove_count.add(count);
  return to <= from ? copy_up(to, from, count) : copy_down(to, from, count);
}

[[gnu::destructor]] void write_counts() {
  const char* const path = std::getenv("TEXLEX_COPY_COUNT");
  if (path == nullptr) return;
  std::FILE* const file = std::fopen(path, "we");
  if (file == nullptr) {
    std::perror("copy_count: the file that TEXLEX_COPY_COUNT names cannot be written");
    return;
  }
  for (const counter* each : {&memcpy_count, &memmove_count, &read_count, &recv_count, &write_count, &send_count})
    std::fprintf(file, "%s_calls %llu\n%s_bytes %llu\n", each->name, static_cast<unsigned long long>(each->calls),
                 each->name, static_cast<unsigned long long>(each->bytes));
  std::fclose(file);
}

} // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t count) noexcept {
  memcpy_count.add(count);
  return copy_up(to, from, count);
}
void* memmove(void* to, const void* from, size_t count) noexcept { return move(to, from, count); }

ssize_t read(int fd, void* to, size_t count) {
  static const auto libc = next<ssize_t(int, void*, size_t)>("read");
  return read_count.returned(libc(fd, to, count));
}
ssize_t readv(int fd, const iovec* to, int parts) {
  static const auto libc = next<ssize_t(int, const iovec*, int)>("readv");
  return read_count.returned(libc(fd, to, parts));
}
ssize_t recv(int fd, void* to, size_t count, int flags) {
  static const auto libc = next<ssize_t(int, void*, size_t, int)>("recv");
  return recv_count.returned(libc(fd, to, count, flags));
}
ssize_t recvmsg(int fd, msghdr* to, int flags) {
  static const auto libc = next<ssize_t(int, msghdr*, int)>("recvmsg");
  return recv_count.returned(libc(fd, to, flags));
}
ssize_t write(int fd, const void* from, size_t count) {
  static const auto libc = next<ssize_t(int, const void*, size_t)>("write");
  return write_count.returned(libc(fd, from, count));
}
ssize_t writev(int fd, const iovec* from, int parts) {
  static const auto libc = next<ssize_t(int, const iovec*, int)>("writev");
  return write_count.returned(libc(fd, from, parts));
}
ssize_t send(int fd, const void* from, size_t count, int flags) {
  static const auto libc = next<ssize_t(int, const void*, size_t, int)>("send");
  return send_count.returned(libc(fd, from, count, flags));
}
ssize_t sendmsg(int fd, const msghdr* from, int flags) {
  static const auto libc = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  return send_count.returned(libc(fd, from, flags));
}

} // extern "C"
