// Version 2 of the protocol over a texlexd as it is shipped, as a client that checks what it is told.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/batch_frame.hpp"
#include "runtime/time.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/e2e/running_texlexd.hpp"
#include "test/support/frames.hpp"
#include "test/support/token_list.hpp"

namespace texlex::test {

inline constexpr uint32_t kinds_and_starts = 3;

/// Speaks version 2 on a connection, byte by byte.
class token_caller {
public:
  explicit token_caller(const running_texlexd& server, uint32_t features = 0) : caller_(server.connect()) {
    caller_.raw(hello_frame(0, {2, 2, features}));
    const auto decoded = decode_hello_response(receive(frame_type::hello_response).second);
    BOOST_REQUIRE(decoded);
    hello = *decoded;
  }

  void tokenize(uint64_t id, std::string_view document, const tokenize_options& options) {
    caller_.raw(tokenize_frame(id, document, options));
  }

  void tokenize_batch(uint64_t id, const std::vector<std::string>& documents, const tokenize_options& options) {
    caller_.raw(batch_frame(id, documents, options));
  }

  /// Of the next response, which must be to that batch; they hold until the one after it.
  std::vector<tokenized> responses(uint64_t id) {
    auto [came, payload] = receive(frame_type::batch_response);
    BOOST_REQUIRE(came == id);
    payload_ = std::move(payload);
    const auto answers = decode_batch_response(payload_);
    BOOST_REQUIRE(answers);
    BOOST_TEST(answers->whole.status == status::ok);
    std::vector<tokenized> all;
    for (const auto each : answers->responses) {
      const auto one = decode_tokenized(each);
      BOOST_REQUIRE(one);
      all.push_back(*one);
    }
    return all;
  }

  static void check_tokens(const tokenized& got, const scanned& expected) {
    BOOST_REQUIRE(got.head.result.status == status::ok);
    BOOST_TEST(got.head.result.issue_count == expected.issue_count);
    BOOST_REQUIRE(got.head.result.token_count == expected.kinds.size());
    const auto kinds = *got.column(column_id::kind), starts = *got.column(column_id::start);
    BOOST_TEST((std::memcmp(kinds.data(), expected.kinds.data(), kinds.size()) == 0));
    BOOST_TEST((std::memcmp(starts.data(), expected.starts.data(), starts.size()) == 0));
  }

  /// The next response, which must be that id's; it holds until the one after it.
  tokenized response(uint64_t id) {
    auto [came, payload] = receive(frame_type::tokenize_response);
    BOOST_REQUIRE(came == id);
    return decoded(std::move(payload));
  }

  void expect_tokens(uint64_t id, const scanned& expected) { check_tokens(response(id), expected); }

  /// One response with these tokens for each of 1 to `requests`, in whatever order: what is asked at once is answered
  /// as it becomes ready.
  void expect_tokens_of_all(uint64_t requests, const scanned& expected) {
    std::set<uint64_t> answered;
    for (uint64_t response = 0; response < requests; ++response) {
      auto [id, payload] = receive(frame_type::tokenize_response);
      BOOST_TEST_REQUIRE((id >= 1 && id <= requests));
      BOOST_TEST(answered.insert(id).second, "request " << id << " is answered twice");
      check_tokens(decoded(std::move(payload)), expected);
    }
  }

  /// The next frame, which must tell that the server drains; the connection ends behind it.
  going_away last_words() {
    const auto [id, payload] = receive(frame_type::going_away);
    BOOST_TEST(id == 0u);
    const auto said = decode_going_away(payload);
    BOOST_REQUIRE(said);
    caller_.expect_end();
    return *said;
  }

  hello_response hello;

  /// The next frame, which must be of that type: its id and its payload.
  std::pair<uint64_t, std::vector<uint8_t>> receive(frame_type type) {
    const auto head = caller_.receive_raw(frame_header_bytes);
    BOOST_REQUIRE(head.size() == frame_header_bytes);
    const frame_header header = decode_header(std::span{head}.first<frame_header_bytes>());
    BOOST_REQUIRE(header.type == static_cast<uint32_t>(type));
    auto payload = caller_.receive_raw(header.payload_bytes);
    BOOST_REQUIRE(payload.size() == header.payload_bytes);
    return {header.id, std::move(payload)};
  }

private:
  tokenized decoded(std::vector<uint8_t> payload) {
    payload_ = std::move(payload);
    const auto response = decode_tokenized(payload_);
    BOOST_REQUIRE(response);
    return *response;
  }

  service_caller caller_;
  std::vector<uint8_t> payload_;
};

/// Sample documents, as many as make a MiB.
[[nodiscard]] inline std::string megabyte() {
  std::string document;
  for (const std::string& sample : sample_documents()) document += sample;
  while (document.size() < (1u << 20)) document += document;
  document.resize(1u << 20);
  return document;
}

[[nodiscard]] inline uint64_t column_bytes_in_flight(const running_texlexd& server) {
  auto asking = server.connect();
  const auto told = asking.connection().ask_stats(1);
  BOOST_REQUIRE(std::holds_alternative<std::string>(told));
  const std::string& text = std::get<std::string>(told);
  const std::string name = "\ntexlexd_column_bytes_in_flight ";
  const size_t at = text.find(name);
  BOOST_REQUIRE(at != std::string::npos);
  return std::stoull(text.substr(at + name.size()));
}

[[nodiscard]] inline bool eventually_none_in_flight(const running_texlexd& server) {
  for (const instant until = now() + patience; now() < until; std::this_thread::sleep_for(std::chrono::milliseconds{5}))
    if (column_bytes_in_flight(server) == 0) return true;
  return false;
}

} // namespace texlex::test
