// Descriptors that travel beside bytes through a Unix socket (unix(7), SCM_RIGHTS).
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include <sys/socket.h>

#include "runtime/socket.hpp"

namespace texlex {

#ifdef __linux__
inline constexpr int close_on_exec = MSG_CMSG_CLOEXEC;
#else
inline constexpr int close_on_exec = 0;
#endif

/// What to send or receive beside a message's bytes: one descriptor, or at most two to receive, so that it can be seen
/// that there was more than one.
class passed_descriptor {
public:
  /// To be called before a message is sent with it; it must live until then.
  void send_with(msghdr& message, int fd) noexcept {
    message.msg_control = space_.data();
    message.msg_controllen = CMSG_SPACE(sizeof fd);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }

  /// To be called before a message is received, each time.
  void receive_with(msghdr& message) noexcept {
    message.msg_control = space_.data();
    message.msg_controllen = space_.size();
  }

  struct received {
    owned_fd fd;          ///< the first
    bool several = false; ///< there were others, which are closed
    bool lost = false;    ///< there was something for which this process had no room
  };
  /// What came with a message.
  [[nodiscard]] static received of(const msghdr& message) noexcept {
    received got{.fd = {}, .several = false, .lost = (message.msg_flags & MSG_CTRUNC) != 0};
    const cmsghdr* const header = message.msg_controllen >= sizeof(cmsghdr) ? CMSG_FIRSTHDR(&message) : nullptr;
    if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return got;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, reinterpret_cast<const unsigned char*>(header) + at, sizeof fd);
      owned_fd next{fd};
      got.several = got.fd.is_open();
      if (!got.several) got.fd = std::move(next);
    }
    return got;
  }

private:
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(2 * sizeof(int))> space_{};
};

} // namespace texlex
