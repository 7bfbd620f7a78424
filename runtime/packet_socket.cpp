#include "runtime/packet_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace texlex {
namespace {

// Room for one descriptor beside a packet.
union passing {
  cmsghdr aligned;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

#ifdef __linux__
constexpr int packet_type = SOCK_SEQPACKET;
constexpr int close_on_exec = MSG_CMSG_CLOEXEC;
#else
constexpr int packet_type = SOCK_DGRAM;
constexpr int close_on_exec = 0;
#endif

owned_fd passed_with(const msghdr& message) noexcept {
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return owned_fd{fd};
}

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
  passing beside{};
  if (passed_fd >= 0) {
    message.msg_control = beside.bytes.data();
    message.msg_controllen = beside.bytes.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed_fd);
    std::memcpy(CMSG_DATA(header), &passed_fd, sizeof passed_fd);
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0; // whole or not at all
    if (errno != EINTR) return errno;
  }
}

received_packet receive_packet(int socket, std::span<uint8_t> room) noexcept {
  iovec part{room.data(), room.size()};
  passing beside{};
  msghdr message{};
  ssize_t count = -1;
  do {
    message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = beside.bytes.data();
    message.msg_controllen = beside.bytes.size();
    count = ::recvmsg(socket, &message, close_on_exec);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return without_packet(errno);
  if (count == 0) return {.verdict = packet_verdict::closed}; // no packet of ours is empty
  received_packet got{.verdict = packet_verdict::received, .bytes = static_cast<size_t>(count)};
  got.passed = passed_with(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return got;
  return {.verdict = packet_verdict::failed, .error = EMSGSIZE};
}

bool peer_has_ended(int socket) noexcept {
  pollfd watched{socket, 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

} // namespace texlex
