// Preloaded into texlexd by `chaos` (LD_PRELOAD): calls of the system and allocations fail, by a seed, while the
// control file says so. It allocates nothing itself, and is silent: what it did stands in the control file's counts.
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test/chaos/control.hpp"

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace texlex::chaos {
namespace {

control* shared = nullptr;
uint32_t own_pid = 0;
std::atomic<uint64_t> draws = 0;
thread_local uint32_t run_left = 0; ///< of the failing run this thread is in
thread_local uint32_t run_of = 0;
thread_local bool stalling = false;

uint64_t mixed(uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

uint64_t drawn() noexcept { return mixed(shared->seed.load() ^ (draws.fetch_add(1) << 8) ^ (uint64_t{own_pid} << 40)); }

// By system calls, as the wrappers of the C library are what is replaced here.
__attribute__((constructor)) void map_control() {
  const char* const path = std::getenv("TEXLEX_CHAOS_CONTROL");
  if (path == nullptr) return;
  const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (fd < 0) return;
  const long at = ::syscall(SYS_mmap, nullptr, sizeof(control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  if (at < 0 && at > -4096) return;
  own_pid = static_cast<uint32_t>(::getpid());
  shared = reinterpret_cast<control*>(at);
}

bool concerns_this_process() noexcept {
  const uint32_t server = shared->server_pid.load(std::memory_order_relaxed);
  if (server == 0) return false;
  const auto whose = static_cast<scope>(shared->whose.load(std::memory_order_relaxed));
  return whose == scope::all || (whose == scope::server) == (server == own_pid);
}

bool take_one_failure() noexcept {
  if (shared->left.fetch_sub(1) > 0) return true;
  shared->left.fetch_add(1);
  return false;
}

bool is_armed(call which) noexcept {
  return shared != nullptr && (shared->armed.load(std::memory_order_relaxed) >> static_cast<uint32_t>(which) & 1u) != 0;
}

bool strikes(call which) noexcept {
  if (!is_armed(which) || !concerns_this_process()) return false;
  const auto index = static_cast<uint32_t>(which);
  shared->seen[index].fetch_add(1, std::memory_order_relaxed);
  const bool goes_on = run_left > 0 && run_of == index;
  const uint64_t dice = drawn();
  if (!goes_on && dice % 1'000'000 >= shared->often_ppm.load(std::memory_order_relaxed)) return false;
  if (!take_one_failure()) return false;
  if (goes_on)
    --run_left;
  else
    run_left = static_cast<uint32_t>((dice >> 32) % (shared->run_max.load(std::memory_order_relaxed) + 1));
  run_of = index;
  shared->failed[index].fetch_add(1, std::memory_order_relaxed);
  return true;
}

void stall() noexcept {
  if (stalling || !strikes(call::stall)) return;
  stalling = true;
  const int error = errno;
  const uint32_t us = shared->stall_us.load();
  const timespec length{static_cast<time_t>(us / 1'000'000), static_cast<long>(us % 1'000'000) * 1000};
  ::syscall(SYS_nanosleep, &length, nullptr);
  errno = error;
  stalling = false;
}

bool fails(call which) noexcept {
  stall();
  return strikes(which);
}

/// One of the errors the call may have: those that pass (kind 0) or those that end what it was about (kind 1).
template <size_t P, size_t F>
int error_for(const int (&passing)[P], const int (&final)[F]) noexcept {
  const uint64_t dice = drawn();
  return shared->kind.load() == 0 ? passing[dice % P] : final[dice % F];
}

template <class Function>
Function* real(Function*& kept, const char* name) noexcept {
  if (kept == nullptr) kept = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  return kept;
}

bool is_stream(int fd) noexcept {
  int type = 0;
  socklen_t bytes = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_STREAM;
}

size_t shortened(size_t bytes) noexcept { return bytes < 2 ? bytes : 1 + drawn() % (bytes - 1); }

constexpr int interrupted[] = {EINTR};
constexpr int broken[] = {ECONNRESET, EPIPE, ETIMEDOUT};
constexpr int no_descriptor[] = {EMFILE, ENFILE, ENOMEM};

} // namespace
} // namespace texlex::chaos

using namespace texlex::chaos;

#define TEXLEX_REAL(name)                                                                                              \
  ([] {                                                                                                                \
    static decltype(::name)* kept = nullptr;                                                                           \
    return real(kept, #name);                                                                                          \
  }())

extern "C" {

void* malloc(size_t bytes) noexcept {
  if (fails(call::allocate)) return errno = ENOMEM, nullptr;
  return __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) noexcept {
  if (fails(call::allocate)) return errno = ENOMEM, nullptr;
  return __libc_calloc(count, bytes);
}

void* realloc(void* before, size_t bytes) noexcept {
  if (bytes > 0 && fails(call::allocate)) return errno = ENOMEM, nullptr;
  return __libc_realloc(before, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  if (fails(call::allocate)) return errno = ENOMEM, nullptr;
  return __libc_memalign(alignment, bytes);
}

void* memalign(size_t alignment, size_t bytes) noexcept { return aligned_alloc(alignment, bytes); }

int posix_memalign(void** made, size_t alignment, size_t bytes) noexcept {
  void* const got = aligned_alloc(alignment, bytes);
  if (got == nullptr) return ENOMEM;
  *made = got;
  return 0;
}

int accept4(int fd, sockaddr* from, socklen_t* bytes, int flags) {
  if (fails(call::accept)) return errno = error_for({EINTR, ECONNABORTED}, {EMFILE, ENFILE, ENOBUFS, ENOMEM}), -1;
  return TEXLEX_REAL(accept4)(fd, from, bytes, flags);
}

ssize_t recv(int fd, void* into, size_t bytes, int flags) {
  if (fails(call::receive)) return errno = error_for(interrupted, broken), -1;
  if (fails(call::short_receive)) bytes = shortened(bytes);
  return TEXLEX_REAL(recv)(fd, into, bytes, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (fails(call::receive)) return errno = error_for(interrupted, broken), -1;
  if (message->msg_iovlen != 1 || !is_stream(fd) || !fails(call::short_receive))
    return TEXLEX_REAL(recvmsg)(fd, message, flags);
  const iovec whole = *message->msg_iov;
  message->msg_iov->iov_len = shortened(whole.iov_len);
  const ssize_t got = TEXLEX_REAL(recvmsg)(fd, message, flags);
  *message->msg_iov = whole;
  return got;
}

ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  if (fails(call::send)) return errno = error_for({EINTR, EAGAIN}, broken), -1;
  if (fails(call::short_send)) bytes = shortened(bytes);
  return TEXLEX_REAL(send)(fd, from, bytes, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (fails(call::send)) return errno = error_for({EINTR, EAGAIN}, broken), -1;
  if (message->msg_iovlen == 0 || !is_stream(fd) || !fails(call::short_send))
    return TEXLEX_REAL(sendmsg)(fd, message, flags);
  iovec first = *message->msg_iov;
  first.iov_len = shortened(first.iov_len);
  msghdr less = *message;
  less.msg_iov = &first;
  less.msg_iovlen = 1;
  return TEXLEX_REAL(sendmsg)(fd, &less, flags);
}

int epoll_pwait2(int epoll, epoll_event* events, int count_max, const timespec* timeout, const sigset_t* mask) {
  if (fails(call::epoll_wait)) return errno = EINTR, -1;
  return TEXLEX_REAL(epoll_pwait2)(epoll, events, count_max, timeout, mask);
}

int epoll_wait(int epoll, epoll_event* events, int count_max, int timeout_ms) {
  if (fails(call::epoll_wait)) return errno = EINTR, -1;
  return TEXLEX_REAL(epoll_wait)(epoll, events, count_max, timeout_ms);
}

int epoll_ctl(int epoll, int what, int fd, epoll_event* event) noexcept {
  if (what != EPOLL_CTL_DEL && fails(call::epoll_ctl)) return errno = ENOMEM, -1;
  return TEXLEX_REAL(epoll_ctl)(epoll, what, fd, event);
}

void* mmap(void* at, size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  if (fails(call::mmap)) return errno = ENOMEM, MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, bytes, protection, flags, fd, offset));
}

int memfd_create(const char* name, unsigned flags) noexcept {
  if (fails(call::memfd)) return errno = error_for(no_descriptor, no_descriptor), -1;
  return TEXLEX_REAL(memfd_create)(name, flags);
}

int ftruncate(int fd, off_t bytes) noexcept {
  if (fails(call::truncate)) return errno = ENOMEM, -1;
  return TEXLEX_REAL(ftruncate)(fd, bytes);
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* files, const posix_spawnattr_t* how,
                char* const argv[], char* const environment[]) {
  if (fails(call::spawn)) return error_for({EAGAIN, ENOMEM}, {EAGAIN, ENOMEM});
  return TEXLEX_REAL(posix_spawn)(pid, path, files, how, argv, environment);
}

int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  if (fails(call::socketpair)) return errno = error_for(no_descriptor, no_descriptor), -1;
  return TEXLEX_REAL(socketpair)(domain, type, protocol, ends);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*run)(void*), void* with) noexcept {
  if (fails(call::thread)) return EAGAIN;
  return TEXLEX_REAL(pthread_create)(thread, how, run, with);
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  if (fails(call::open)) return errno = error_for(no_descriptor, no_descriptor), -1;
  return TEXLEX_REAL(open)(path, flags, mode);
}

ssize_t write(int fd, const void* from, size_t bytes) {
  if (fd == STDERR_FILENO && fails(call::write_log)) return errno = error_for({EINTR, EAGAIN}, {EIO, ENOSPC}), -1;
  return TEXLEX_REAL(write)(fd, from, bytes);
}

int poll(pollfd* watched, nfds_t count, int timeout_ms) {
  if (fails(call::poll)) return errno = EINTR, -1;
  return TEXLEX_REAL(poll)(watched, count, timeout_ms);
}
}
