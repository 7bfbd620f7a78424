// A texlexd that a test plays byte by byte, and the client that asks it.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/batch_frame.hpp"
#include "runtime/frame.hpp"
#include "runtime/tokenize_frame.hpp"
#include "test/support/byte_server.hpp"
#include "test/support/frames.hpp"
#include "test/support/server_payloads.hpp"
#include "texlex/client.hpp"

namespace texlex::remote {
inline namespace abi_1 {
inline std::ostream& operator<<(std::ostream& out, status one) { return out << static_cast<int>(one); }
} // namespace abi_1
} // namespace texlex::remote

namespace texlex::test {

/// Takes the hello and answers it. Nothing: the client is gone, or said something else first.
inline bool greet(const byte_connection& to, const hello_response& offer = usual_offer()) {
  const auto said = to.receive();
  if (!said || said->header.type != static_cast<uint32_t>(frame_type::hello)) return false;
  return to.send(frame(frame_type::hello_response, said->header.id, encode_hello_response(offer)));
}

/// The document of a tokenize frame.
inline std::string document_of(const received_frame& asked) {
  const auto taken = decode_tokenize(asked.payload);
  const auto* const request = std::get_if<tokenize_request>(&taken);
  if (request == nullptr) return "not a tokenize frame";
  return {asked.payload.begin() + static_cast<ptrdiff_t>(request->document_offset), asked.payload.end()};
}

inline bool is(const received_frame& asked, frame_type type) {
  return asked.header.type == static_cast<uint32_t>(type);
}

inline bool respond(const byte_connection& to, const received_frame& asked, const std::string& payload) {
  return to.send(frame(frame_type::tokenize_response, asked.header.id, payload));
}

/// Answers all it is asked by letters, batches too, until the client ends.
inline void serve_letters(const byte_connection& to) {
  while (const auto asked = to.receive()) {
    if (is(*asked, frame_type::tokenize)) {
      respond(to, *asked, letters(document_of(*asked).size()));
    } else if (is(*asked, frame_type::batch)) {
      const auto taken = decode_batch(asked->payload);
      std::vector<std::string> responses;
      std::vector<uint64_t> lengths;
      std::get<batch_request>(taken).for_each_document([&](auto document) {
        responses.push_back(letters(document.size()));
        lengths.push_back(responses.back().size());
      });
      std::string payload = encode_batch_response_head({status::ok, 0, 0, origin::none}, lengths);
      for (const std::string& each : responses) payload += each;
      to.send(frame(frame_type::batch_response, asked->header.id, payload));
    }
  }
}

inline std::string url_of(const byte_server& server) { return "unix:" + server.path(); }

/// Of servers, with little patience where a test is about that.
inline remote::client client_of(const std::vector<std::string>& urls, const remote::client_options& how = {}) {
  auto made = remote::client::open(urls, how);
  BOOST_TEST_REQUIRE(static_cast<bool>(made));
  return std::move(*made);
}

inline void check_letters(const remote::result<remote::tokens>& got, size_t count) {
  BOOST_TEST_REQUIRE(static_cast<bool>(got), got.error().text);
  BOOST_TEST(got->size() == count);
  BOOST_TEST_REQUIRE(got->kinds().size() == count);
  for (size_t i = 0; i < count; ++i) BOOST_TEST_REQUIRE((got->kinds()[i] == 11 && got->starts()[i] == i));
}

inline void check_fails(const remote::result<remote::tokens>& got, remote::status wanted, std::string_view text = {}) {
  BOOST_TEST_REQUIRE(!got);
  BOOST_TEST(got.status() == wanted, got.error().text);
  BOOST_TEST((got.error().text.find(text) != std::string::npos), got.error().text);
}

} // namespace texlex::test
