// Two processes talk in packets: each is sent and received whole, with at most one file descriptor beside it. Either
// side hears at once when the other has ended, however it ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "runtime/socket.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// Two ends that belong together; neither is passed on by an exec. Throws std::runtime_error with a plain sentence.
[[nodiscard]] std::pair<owned_fd, owned_fd> packet_socket_pair();

/// From now on a receive on this end gives up after so long. False if the system refuses.
[[nodiscard]] bool limit_receive_time(int socket, duration limit) noexcept;

/// Sends one packet, and a descriptor the receiver gets a copy of; -1: none. Returns 0, or the system's error.
[[nodiscard]] int send_packet(int socket, std::span<const uint8_t> bytes, int passed_fd = -1) noexcept;

enum class packet_verdict : uint8_t {
  received,
  timed_out, ///< nothing came within the limit
  closed,    ///< the other side has ended
  failed,    ///< the system's error says why; a packet longer than its room is one too
};

struct received_packet {
  packet_verdict verdict = packet_verdict::failed;
  size_t bytes = 0;  ///< of the packet, if one was received
  owned_fd passed{}; ///< open if one came along
  int error = 0;     ///< if failed
};

/// Waits for one packet.
[[nodiscard]] received_packet receive_packet(int socket, std::span<uint8_t> room) noexcept;

/// Whether the other side has ended; does not wait.
[[nodiscard]] bool peer_has_ended(int socket) noexcept;

} // namespace texlex
