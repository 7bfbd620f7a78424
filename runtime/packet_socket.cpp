#include "runtime/packet_socket.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "runtime/passed_descriptor.hpp"

namespace texlex {
namespace {

#ifdef __linux__
constexpr int packet_type = SOCK_SEQPACKET;
#else
constexpr int packet_type = SOCK_DGRAM;
#endif

received_packet without_packet(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {.verdict = packet_verdict::timed_out};
  if (error == ECONNRESET) return {.verdict = packet_verdict::closed};
  return {.verdict = packet_verdict::failed, .error = error};
}

} // namespace

std::pair<owned_fd, owned_fd> packet_socket_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, packet_type, 0, ends) != 0)
    throw std::runtime_error{"cannot make a pair of sockets: " + std::generic_category().message(errno)};
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  return {owned_fd{ends[0]}, owned_fd{ends[1]}};
}

bool limit_receive_time(int socket, duration limit) noexcept {
  using namespace std::chrono;
  const auto whole = duration_cast<seconds>(limit);
  timeval time{};
  time.tv_sec = static_cast<decltype(time.tv_sec)>(whole.count());
  time.tv_usec = static_cast<decltype(time.tv_usec)>(duration_cast<microseconds>(limit - whole).count());
  return ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0;
}

int send_packet(int socket, std::span<const uint8_t> bytes, int passed_fd) noexcept {
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  passed_descriptor beside;
  if (passed_fd >= 0) beside.send_with(message, passed_fd);
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0; // whole or not at all
    if (errno != EINTR) return errno;
  }
}

received_packet receive_packet(int socket, std::span<uint8_t> room) noexcept {
  iovec part{room.data(), room.size()};
  passed_descriptor beside;
  msghdr message{};
  ssize_t count = -1;
  do {
    message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    beside.receive_with(message);
    count = ::recvmsg(socket, &message, close_on_exec);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return without_packet(errno);
  if (count == 0) return {.verdict = packet_verdict::closed}; // no packet of ours is empty
  received_packet got{.verdict = packet_verdict::received, .bytes = static_cast<size_t>(count)};
  auto passed = passed_descriptor::of(message);
  got.passed = std::move(passed.fd);
  if ((message.msg_flags & MSG_TRUNC) == 0 && !passed.several && !passed.lost) return got;
  return {.verdict = packet_verdict::failed, .error = EMSGSIZE};
}

bool peer_has_ended(int socket) noexcept {
  pollfd watched{socket, 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

} // namespace texlex
