// A client of the wire protocol: one connection, blocking, every wait bounded. For the command line, tests and load
// generators. Sends a document from where it lies and reads what comes through a small buffer. It knows what lies in
// frames of version 1, and carries any other. Not thread-safe, except that one thread may send while another receives.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/frame.hpp"
#include "runtime/host_port.hpp"
#include "runtime/socket.hpp"
#include "runtime/time.hpp"

namespace texlex {

enum class client_fault : uint8_t {
  bad_address, ///< neither a path nor host:port, or nobody knows the host
  no_server,   ///< nobody listens there, or it may not be reached
  timed_out,
  closed,    ///< the server has ended its side between two frames
  broken,    ///< the connection was reset, or ended in the middle of a frame
  malformed, ///< what came is not a response, or none that may come here
  refused,   ///< the server answered with a status instead of what was asked for
  system,    ///< the operating system refused
};

struct client_error {
  client_fault fault = client_fault::system;
  std::string sentence; ///< for a person
};

struct client_response {
  uint64_t id = 0;
  outcome result;
};

/// Whether an address is a Unix socket's path: it has a slash, and is no URL.
[[nodiscard]] inline bool is_unix_address(const std::string& address) noexcept {
  return address.find('/') != std::string::npos && !is_url(address);
}

class client {
public:
  using timeout = std::chrono::milliseconds;

  /// Connects to a Unix socket (an address with a slash in it) or to host:port, as in "./texlex.sock",
  /// "localhost:4000", "[::1]:4000". `limit` bounds the connect, and later each call that sends or receives.
  [[nodiscard]] static std::variant<client, client_error> connect(const std::string& address, timeout limit);
  [[nodiscard]] static std::variant<client, client_error> connect_unix(const std::string& path, timeout limit);
  [[nodiscard]] static std::variant<client, client_error> connect_tcp(const std::string& host, uint16_t port,
                                                                      timeout limit);

  void set_timeout(timeout limit) noexcept { limit_ = limit; }

  /// Nothing on success. A client that sends many requests without receiving must keep fewer in flight than the
  /// server's requests_per_connection_max, or both sides may wait for each other until this times out.
  [[nodiscard]] std::optional<client_error> send_request(uint64_t id, std::span<const uint8_t> document);
  [[nodiscard]] std::optional<client_error> send_request(uint64_t id, std::string_view document);
  [[nodiscard]] std::optional<client_error> send_cancel(uint64_t id);

  /// Sends a frame of any type, whose payload is `head` and behind it `body`. Beside the usual time it may take a
  /// second for each slowest_bytes_a_second.
  [[nodiscard]] std::optional<client_error> send_frame(frame_type type, uint64_t id, std::string_view head,
                                                       std::span<const uint8_t> body = {});

  /// The next frame's header, whatever its type. Its payload is to be received before anything else.
  [[nodiscard]] std::variant<frame_header, client_error> receive_header();

  /// As many bytes of a payload as `into` has. Beside the usual time it may take a second for each
  /// slowest_bytes_a_second, so that who sends byte after byte is not waited for without end.
  [[nodiscard]] std::optional<client_error> receive_payload(std::span<uint8_t> into);

  static constexpr uint64_t slowest_bytes_a_second = 1u << 20;

  /// The next response of version 1, whichever request it answers.
  [[nodiscard]] std::variant<client_response, client_error> receive();

  /// Asks for the server's figures and waits for them: a `name value` pair a line. For a connection with nothing in
  /// flight, which after an error is of no more use: a server that does not know the question closes it.
  [[nodiscard]] std::variant<std::string, client_error> ask_stats(uint64_t id);

  /// Says that nothing more will be sent; what is in flight is still answered.
  void end_sending() noexcept;

  /// Bytes as they are, for tests of what a well-behaved client never sends.
  [[nodiscard]] std::optional<client_error> send_bytes(std::span<const uint8_t> bytes);
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
  client(owned_fd fd, timeout limit) noexcept : fd_(std::move(fd)), limit_(limit) {}

  [[nodiscard]] std::optional<client_error> send(std::span<const uint8_t> head, std::span<const uint8_t> body) {
    return send_until(now() + limit_, head, body);
  }
  [[nodiscard]] std::optional<client_error> send_until(instant until, std::span<const uint8_t> head,
                                                       std::span<const uint8_t> body);
  [[nodiscard]] std::optional<client_error> fill(size_t bytes);
  [[nodiscard]] std::variant<size_t, client_error> receive_some(std::span<uint8_t> into, instant until,
                                                                bool within_frame) const;
  [[nodiscard]] instant time_for(uint64_t bytes) const noexcept;
  [[nodiscard]] frame_header next_header() const noexcept;

  static constexpr size_t buffer_bytes = 4096;

  owned_fd fd_;
  timeout limit_;
  std::array<uint8_t, buffer_bytes> buffer_{};
  size_t begin_ = 0; ///< of what was received and not yet returned
  size_t end_ = 0;
};

} // namespace texlex
