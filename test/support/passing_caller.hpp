// Memory of a client's, sealed or not, and a connection over which it is passed, and what the server lends comes back.
#pragma once

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/frame.hpp"
#include "runtime/passed_descriptor.hpp"
#include "runtime/shared_memory.hpp"
#include "runtime/socket.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/support/frame_caller.hpp"
#include "test/support/frames.hpp"

namespace texlex::test {

inline constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/// A memfd that holds `text`, with these seals.
[[nodiscard]] inline owned_fd memory_file(std::string_view text, int seals = all_seals) {
  owned_fd fd{::memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  BOOST_REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  BOOST_REQUIRE(::fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

/// A tokenize frame without the document, which is passed.
[[nodiscard]] inline std::vector<uint8_t> passing_frame(uint64_t id, uint64_t document_bytes,
                                                        tokenize_options options) {
  options.document_by_descriptor = true;
  return frame(frame_type::tokenize, id, encode_tokenize_head(options, static_cast<uint32_t>(document_bytes)));
}

/// Speaks version 2 with descriptors, frame by frame, over a socket of another's.
class passing_caller {
public:
  explicit passing_caller(int socket, uint32_t features = static_cast<uint32_t>(hello_feature::descriptors))
    : socket_(socket) {
    send(hello_frame(0, {2, 2, features}));
    const auto said = decode_hello_response(receive().payload);
    BOOST_REQUIRE(said);
    hello = *said;
  }

  /// All in one call, with these descriptors; more than one is against the rules.
  void send(std::span<const uint8_t> bytes, const std::vector<int>& descriptors = {}) const {
    iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()}; // sendmsg only reads
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    std::vector<unsigned char> space(CMSG_SPACE(descriptors.size() * sizeof(int)));
    if (!descriptors.empty()) {
      message.msg_control = space.data();
      message.msg_controllen = space.size();
      cmsghdr* const head = CMSG_FIRSTHDR(&message);
      head->cmsg_level = SOL_SOCKET;
      head->cmsg_type = SCM_RIGHTS;
      head->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size() * sizeof(int));
    }
    while (part.iov_len > 0) {
      wait_for(POLLOUT);
      const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      BOOST_REQUIRE((sent > 0 || errno == EAGAIN));
      if (sent <= 0) continue;
      part.iov_base = static_cast<char*>(part.iov_base) + sent;
      part.iov_len -= static_cast<size_t>(sent);
      message.msg_control = nullptr; // they went along with the first byte
      message.msg_controllen = 0;
    }
  }
  void release(uint64_t id) const { send(frame(frame_type::release, id, {})); }

  struct frame_received {
    frame_header header;
    std::vector<uint8_t> payload;
    owned_fd passed;
  };
  [[nodiscard]] frame_received receive() const {
    frame_received got;
    std::array<uint8_t, frame_header_bytes> head;
    fill(head, got.passed);
    got.header = decode_header(head);
    got.payload.resize(got.header.payload_bytes);
    fill(got.payload, got.passed);
    return got;
  }

  /// A response to a tokenize frame, wherever its columns lie.
  struct answer {
    frame_received frame;
    std::optional<shared_view> lent;
    tokenized said;
  };
  [[nodiscard]] answer receive_answer(uint64_t id) const {
    answer got{.frame = receive(), .lent = {}, .said = {}};
    BOOST_TEST(got.frame.header.id == id);
    BOOST_REQUIRE(got.frame.header.type == static_cast<uint32_t>(frame_type::tokenize_response));
    const auto bytes = lent_bytes(got.frame.payload);
    BOOST_TEST(bytes.has_value() == got.frame.passed.is_open());
    if (bytes) got.lent = shared_view::map(got.frame.passed, *bytes);
    BOOST_REQUIRE(bytes.has_value() == got.lent.has_value());
    const auto said = decode_tokenized(got.frame.payload, got.lent ? got.lent->bytes() : std::span<const uint8_t>{});
    BOOST_REQUIRE(said);
    got.said = *said;
    return got;
  }

  hello_response hello;

private:
  void wait_for(short event) const {
    pollfd watched{socket_, event, 0};
    BOOST_REQUIRE(::poll(&watched, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) == 1);
  }

  void fill(std::span<uint8_t> room, owned_fd& passed) const {
    while (!room.empty()) {
      iovec part{room.data(), room.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      wait_for(POLLIN);
      passed_descriptor beside;
      beside.receive_with(message);
      const ssize_t got = ::recvmsg(socket_, &message, close_on_exec);
      BOOST_REQUIRE(got > 0);
      auto came = passed_descriptor::of(message);
      BOOST_REQUIRE(!came.lost);
      if (came.fd.is_open()) passed = std::move(came.fd);
      room = room.subspan(static_cast<size_t>(got));
    }
  }

  int socket_;
};

} // namespace texlex::test
