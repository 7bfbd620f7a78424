// A connection to a texlexd over which documents and columns are passed in memory, one request after the other. Throws
// std::runtime_error if anything is not as it should be.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/client.hpp"
#include "runtime/frame.hpp"
#include "runtime/passed_descriptor.hpp"
#include "runtime/shared_memory.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::bench {

/// A document in memory that nobody can change any more.
inline owned_fd sealed(const std::string& document) {
  owned_fd fd{::memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!fd.is_open() || ::write(fd.get(), document.data(), document.size()) != static_cast<ssize_t>(document.size())
      || ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    throw std::runtime_error{"there is no memory for the document"};
  return fd;
}

class passing_connection {
public:
  explicit passing_connection(const std::string& address) : client_(opened(address)) {
    const auto said = encode_hello({2, 2, static_cast<uint32_t>(hello_feature::descriptors)});
    send(frame_type::hello, {reinterpret_cast<const char*>(said.data()), said.size()}, "", -1);
    receive();
    const auto response = decode_hello_response(payload_);
    if (!response || !holds(response->features, hello_feature::descriptors))
      throw std::runtime_error{"the server passes no descriptors"};
  }

  /// Asks for kinds and starts or, without `columns`, counts; the document is in the frame, or `passed` if that is not
  /// -1. Columns that are lent are mapped, looked at where they begin and end, and given back with the next request.
  void ask(const std::string& document, int passed, bool columns) {
    const tokenize_options options{
      .columns = columns ? 3u : 0u, .document_by_descriptor = passed >= 0, .columns_by_descriptor = columns};
    send(frame_type::tokenize, encode_tokenize_head(options, static_cast<uint32_t>(document.size())),
         passed >= 0 ? std::string_view{} : document, passed);
    receive();
    const auto bytes = lent_bytes(payload_);
    std::optional<shared_view> lent;
    if (bytes) lent = shared_view::map(passed_, *bytes);
    const auto said = decode_tokenized(payload_, lent ? lent->bytes() : std::span<const uint8_t>{});
    if (!said || said->head.result.status != status::ok || lent.has_value() != columns)
      throw std::runtime_error{"the server's answer is not what was asked for"};
    for (const auto& column : said->columns)
      if (column && !column->empty()) looked_at_ = looked_at_ + column->front() + column->back();
    gives_back_ = lent.has_value();
  }

private:
  static client opened(const std::string& address) {
    auto made = client::connect(address, std::chrono::seconds{10});
    if (const auto* error = std::get_if<client_error>(&made)) throw std::runtime_error{error->sentence};
    return std::move(std::get<client>(made));
  }

  void send(frame_type type, std::string_view head, std::string_view body, int fd) {
    const auto bytes = static_cast<uint32_t>(head.size() + body.size());
    auto header = encode(frame_header{static_cast<uint32_t>(type), 1, bytes});
    if (gives_back_) {
      const auto release = encode(frame_header{static_cast<uint32_t>(frame_type::release), 1, 0});
      transfer(release, -1);
    }
    gives_back_ = false;
    std::string begin{header.begin(), header.end()};
    begin += head;
    transfer({reinterpret_cast<const uint8_t*>(begin.data()), begin.size()}, fd);
    transfer({reinterpret_cast<const uint8_t*>(body.data()), body.size()}, -1);
  }

  void transfer(std::span<const uint8_t> bytes, int fd) {
    passed_descriptor beside;
    while (!bytes.empty()) {
      iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()}; // sendmsg only reads
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      if (fd >= 0) beside.send_with(message, fd);
      const ssize_t sent = ::sendmsg(client_.fd(), &message, MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        wait_for(POLLOUT);
        continue;
      }
      if (sent <= 0) throw std::runtime_error{"the server does not take what is sent"};
      bytes = bytes.subspan(static_cast<size_t>(sent));
      fd = -1;
    }
  }

  void receive() {
    std::array<uint8_t, frame_header_bytes> head;
    fill(head);
    const frame_header header = decode_header(head);
    payload_.resize(header.payload_bytes);
    fill(payload_);
  }

  void fill(std::span<uint8_t> room) {
    while (!room.empty()) {
      iovec part{room.data(), room.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      passed_descriptor beside;
      beside.receive_with(message);
      const ssize_t got = ::recvmsg(client_.fd(), &message, close_on_exec);
      if (got < 0 && errno == EAGAIN) {
        wait_for(POLLIN);
        continue;
      }
      if (got <= 0) throw std::runtime_error{"the server has gone"};
      auto came = passed_descriptor::of(message);
      if (came.fd.is_open()) passed_ = std::move(came.fd);
      room = room.subspan(static_cast<size_t>(got));
    }
  }

  void wait_for(short event) const {
    pollfd watched{client_.fd(), event, 0};
    if (::poll(&watched, 1, 10'000) != 1) throw std::runtime_error{"the server is silent"};
  }

  client client_;
  std::vector<uint8_t> payload_;
  owned_fd passed_;
  bool gives_back_ = false;
  volatile unsigned looked_at_ = 0;
};

} // namespace texlex::bench
