// Those at the other end of a connection who are no transport: sockets that say what a test wants, or nothing at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <caf/io/basp/header.hpp>
#include <caf/node_id.hpp>

#include "runtime/socket.hpp"
#include "test/unit/cluster/certificates.hpp"

namespace texlex::test {

/// What a stranger waits for at most; all that tests expect comes much sooner.
inline constexpr int stranger_waits_s = 20;

/// Connects to a port of 127.0.0.1.
class stranger {
public:
  explicit stranger(uint16_t port);

  void send(const std::string& bytes) const;
  /// That many bytes, or less if the connection ends before.
  [[nodiscard]] std::string receive(size_t byte_count) const;
  /// Reads until the connection ends; false: it does not.
  [[nodiscard]] bool sees_the_end() const;
  [[nodiscard]] int socket() const noexcept { return socket_.get(); }

private:
  owned_fd socket_;
};

/// Listens on a port of 127.0.0.1, and neither accepts nor says anything.
class silent_listener {
public:
  explicit silent_listener(int backlog);
  [[nodiscard]] uint16_t port() const noexcept { return port_; }
  [[nodiscard]] owned_fd accept() const;
  [[nodiscard]] int socket() const noexcept { return socket_.get(); }

private:
  owned_fd socket_;
  uint16_t port_ = 0;
};

/// A message of CAF's protocol.
[[nodiscard]] std::string basp_header(caf::io::basp::message_type type, uint32_t payload_bytes, uint8_t flags = 0);
[[nodiscard]] std::string client_handshake(const caf::node_id& of, uint8_t flags = 0);
/// Reads what a server says first, whole.
void read_server_handshake(const stranger& from);

/// How a handshake by TLS ended for somebody who asks nobody for a certificate: empty, or why it failed. After that, he
/// waits for a byte, as with TLS 1.3 a client hears only then what the server thought of him.
[[nodiscard]] std::string greet_as_client(int socket, const identity* with);
[[nodiscard]] std::string greet_as_server(int socket, const identity& with);

} // namespace texlex::test
