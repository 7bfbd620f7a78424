// One connection to a server, as tests use it: every call fails the test when it fails, and no wait is without end.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <ostream>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "runtime/client.hpp"
#include "test/support/printed_status.hpp"

namespace texlex {

inline std::ostream& operator<<(std::ostream& out, client_fault fault) { return out << static_cast<int>(fault); }
inline std::ostream& operator<<(std::ostream& out, const outcome& one) {
  return out << one.status << " " << one.token_count << " tokens " << one.issue_count << " issues";
}

} // namespace texlex

namespace texlex::test {

/// How long anything a test waits for may take; only a failing test waits so long.
inline constexpr std::chrono::seconds patience{20};

class frame_caller {
public:
  explicit frame_caller(std::variant<client, client_error> made) : client_(taken(std::move(made))) {}

  void request(uint64_t id, std::string_view document) { expect_sent(client_.send_request(id, document)); }
  void cancel(uint64_t id) { expect_sent(client_.send_cancel(id)); }
  void raw(std::span<const uint8_t> bytes) { expect_sent(client_.send_bytes(bytes)); }
  void header(uint32_t type, uint64_t id, uint32_t payload_bytes) {
    raw(encode(frame_header{type, id, payload_bytes}));
  }

  /// So many bytes as they are, of which `client` would hide some; fewer if the connection ends before.
  std::vector<uint8_t> receive_raw(size_t bytes) {
    std::vector<uint8_t> got(bytes);
    size_t count = 0;
    while (count < bytes) {
      pollfd watched{client_.fd(), POLLIN, 0};
      BOOST_REQUIRE(::poll(&watched, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) == 1);
      const ssize_t more = ::recv(watched.fd, got.data() + count, bytes - count, 0);
      if (more <= 0) break;
      count += static_cast<size_t>(more);
    }
    got.resize(count);
    return got;
  }

  client_response response() {
    auto got = client_.receive();
    if (auto* error = std::get_if<client_error>(&got)) BOOST_FAIL("no response: " << error->sentence);
    return std::get<client_response>(got);
  }

  void expect(uint64_t id, status wanted) {
    const client_response got = response();
    BOOST_TEST(got.id == id);
    BOOST_TEST(got.result.status == wanted);
  }

  /// The server ends the connection, and nothing comes before that.
  void expect_end() {
    const auto got = client_.receive();
    const auto* error = std::get_if<client_error>(&got);
    BOOST_REQUIRE_MESSAGE(error, "a response came instead of the end");
    BOOST_TEST((error->fault == client_fault::closed || error->fault == client_fault::broken), error->sentence);
  }

  /// Nothing has come and the connection is open.
  void expect_silence() {
    client_.set_timeout(std::chrono::milliseconds{5});
    const auto got = client_.receive();
    client_.set_timeout(patience);
    BOOST_REQUIRE(std::holds_alternative<client_error>(got));
    BOOST_TEST(std::get<client_error>(got).fault == client_fault::timed_out);
  }

  client& connection() { return client_; }

private:
  static client taken(std::variant<client, client_error> made) {
    if (auto* error = std::get_if<client_error>(&made)) BOOST_FAIL("cannot connect: " << error->sentence);
    return std::move(std::get<client>(made));
  }

  static void expect_sent(const std::optional<client_error>& error) {
    if (error) BOOST_FAIL("cannot send: " << error->sentence);
  }

  client client_;
};

} // namespace texlex::test
