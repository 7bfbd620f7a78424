// A server of version 1 that a test writes the lines of: reads requests as the protocol has them and answers as it is
// told, on a Unix socket, a thread a connection. Ends with the test, whatever its clients do.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <variant>
#include <vector>

#include "runtime/frame.hpp"
#include "runtime/socket.hpp"
#include "test/support/temporary_folder.hpp"

namespace texlex::test {

/// What the server does about a request.
struct scripted_answer {
  enum class kind : uint8_t { respond, keep_silent, close } what = kind::respond;
  outcome result;
  std::optional<uint64_t> id;       ///< other than the request's
  std::optional<uint64_t> stray_id; ///< answered before it, though nobody asked
};

class scripted_server {
public:
  /// Called on threads of its own with the number of requests before this one and its document's bytes.
  using script = std::function<scripted_answer(uint64_t number, size_t document_bytes)>;

  /// `stats` is told to who asks; without, the question is an unknown type and ends its connection.
  explicit scripted_server(script lines, std::optional<std::string> stats = {})
    : script_(std::move(lines)), stats_(std::move(stats)), listener_(opened(folder_ / "scripted.sock")),
      acceptor_([this] { accept_all(); }) {}

  ~scripted_server() {
    ending_ = true;
    ::shutdown(listener_.fd.get(), SHUT_RDWR);
    acceptor_.join();
    for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
    threads_.clear();
    for (const int fd : connections_) ::close(fd);
  }

  [[nodiscard]] const std::string& path() const noexcept { return listener_.path.text(); }

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
      connections_.push_back(fd);
      threads_.emplace_back([this, fd] {
        while (serve_frame(fd)) {
        }
        ::shutdown(fd, SHUT_RDWR);
      });
    }
  }

  static bool receive(int fd, void* to, size_t bytes) {
    return bytes == 0 || ::recv(fd, to, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
  }

  template <class Bytes>
  static bool send(int fd, const Bytes& bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  // Says whether the connection goes on.
  bool serve_frame(int fd) {
    std::array<uint8_t, frame_header_bytes> head;
    if (!receive(fd, head.data(), head.size())) return false;
    const frame_header header = decode_header(head);
    std::vector<uint8_t> payload(header.payload_bytes);
    if (!receive(fd, payload.data(), payload.size())) return false;
    if (header.type == static_cast<uint32_t>(frame_type::stats)) return tell_stats(fd, header.id);
    if (header.type == static_cast<uint32_t>(frame_type::hello)) return tell_unknown(fd, header.id);
    const scripted_answer answer = script_(requests_.fetch_add(1), payload.size() - document_length_bytes);
    if (answer.stray_id && !send(fd, encode_response(*answer.stray_id, answer.result))) return false;
    switch (answer.what) {
      case scripted_answer::kind::respond:
        return send(fd, encode_response(answer.id.value_or(header.id), answer.result));
      case scripted_answer::kind::keep_silent: return true;
      case scripted_answer::kind::close: break;
    }
    return false;
  }

  static bool tell_unknown(int fd, uint64_t id) {
    (void)send(fd, encode_response(id, {status::unknown_type, 0, 0, origin::none}));
    return false;
  }

  bool tell_stats(int fd, uint64_t id) {
    if (!stats_) return tell_unknown(fd, id);
    const auto text_bytes = static_cast<uint32_t>(stats_->size());
    return send(fd, encode(frame_header{static_cast<uint32_t>(frame_type::stats_response), id, text_bytes}))
           && send(fd, *stats_);
  }

  temporary_folder folder_;
  script script_;
  std::optional<std::string> stats_;
  unix_listener listener_;
  std::atomic<bool> ending_{false};
  std::atomic<uint64_t> requests_{0};
  std::vector<int> connections_;
  std::vector<std::jthread> threads_;
  std::thread acceptor_; ///< last, as it uses all others
};

} // namespace texlex::test
