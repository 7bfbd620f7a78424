// A server that says exactly the bytes a test makes it say, on a Unix socket, a thread a connection. Ends with the
// test, whatever its clients do.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "runtime/frame.hpp"
#include "runtime/socket.hpp"
#include "test/support/temporary_folder.hpp"

namespace texlex::test {

struct received_frame {
  frame_header header;
  std::vector<uint8_t> payload;
};

class byte_connection {
public:
  byte_connection(int fd, uint64_t its_number) noexcept : number(its_number), fd_(fd) {}

  const uint64_t number; ///< of the connections before it

  /// False: the client is gone.
  bool send(std::span<const uint8_t> bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  /// The next frame; nothing if the client has ended.
  [[nodiscard]] std::optional<received_frame> receive() const {
    std::array<uint8_t, frame_header_bytes> head;
    if (!receive_into(head)) return std::nullopt;
    received_frame frame{decode_header(head), {}};
    frame.payload.resize(frame.header.payload_bytes);
    if (!receive_into(frame.payload)) return std::nullopt;
    return frame;
  }

  /// For what goes beside the bytes.
  [[nodiscard]] int descriptor() const noexcept { return fd_; }

  /// Nothing more will be said.
  void end_sending() const noexcept { ::shutdown(fd_, SHUT_WR); }

  /// Waits until the client ends the connection, which it may do with something unread.
  void wait_for_end() const {
    while (receive()) {
    }
  }

private:
  [[nodiscard]] bool receive_into(std::span<uint8_t> to) const {
    return to.empty() || ::recv(fd_, to.data(), to.size(), MSG_WAITALL) == static_cast<ssize_t>(to.size());
  }

  int fd_;
};

class byte_server {
public:
  /// Called on a thread of its own for each connection, which is closed when it returns.
  using script = std::function<void(const byte_connection&)>;

  explicit byte_server(script lines)
    : script_(std::move(lines)), listener_(opened(folder_ / "bytes.sock")), acceptor_([this] { accept_all(); }) {}

  ~byte_server() {
    ending_ = true;
    ::shutdown(listener_.fd.get(), SHUT_RDWR);
    acceptor_.join();
    for (const int fd : descriptors_) ::shutdown(fd, SHUT_RDWR);
    threads_.clear();
    for (const int fd : descriptors_) ::close(fd);
  }

  [[nodiscard]] const std::string& path() const noexcept { return listener_.path.text(); }
  [[nodiscard]] uint64_t connections() const noexcept { return connections_; }

private:
  static unix_listener opened(const std::string& path) {
    auto made = listen_unix(path, 0600);
    if (auto* error = std::get_if<socket_error>(&made)) throw std::runtime_error{error->sentence};
    return std::move(std::get<unix_listener>(made));
  }

  void accept_all() {
    while (!ending_) {
      const int fd = ::accept(listener_.fd.get(), nullptr, nullptr);
      if (fd < 0) return;
      descriptors_.push_back(fd);
      threads_.emplace_back([this, fd, number = connections_++] {
        script_(byte_connection{fd, number});
        ::shutdown(fd, SHUT_RDWR);
      });
    }
  }

  temporary_folder folder_;
  script script_;
  unix_listener listener_;
  std::atomic<bool> ending_{false};
  std::atomic<uint64_t> connections_{0};
  std::vector<int> descriptors_;
  std::vector<std::jthread> threads_;
  std::thread acceptor_; ///< last, as it uses all others
};

} // namespace texlex::test
