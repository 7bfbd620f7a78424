// Whole frames as a client sends them, for tests that cut, mix or falsify them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/batch_frame.hpp"
#include "runtime/frame.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::test {

/// `head` and then `body`. Sized at once: growing it makes GCC 12 see an overflow that is none (its bug 105329).
template <class Head>
[[nodiscard]] std::vector<uint8_t> joined(const Head& head, std::string_view body) {
  std::vector<uint8_t> whole(head.size() + body.size());
  std::ranges::copy(body, std::ranges::copy(head, whole.begin()).out);
  return whole;
}

[[nodiscard]] inline std::vector<uint8_t> frame(frame_type type, uint64_t id, std::string_view payload) {
  return joined(encode(frame_header{static_cast<uint32_t>(type), id, static_cast<uint32_t>(payload.size())}), payload);
}

[[nodiscard]] inline std::vector<uint8_t> hello_frame(uint64_t id, const hello& said) {
  const auto payload = encode_hello(said);
  return frame(frame_type::hello, id, {reinterpret_cast<const char*>(payload.data()), payload.size()});
}

[[nodiscard]] inline std::vector<uint8_t> tokenize_frame(uint64_t id, std::string_view document,
                                                         const tokenize_options& options) {
  return frame(frame_type::tokenize, id,
               encode_tokenize_head(options, static_cast<uint32_t>(document.size())) + std::string{document});
}

[[nodiscard]] inline std::string batch_payload(const std::vector<std::string>& documents,
                                               const tokenize_options& options) {
  std::vector<uint32_t> lengths;
  std::string text;
  for (const std::string& each : documents) {
    lengths.push_back(static_cast<uint32_t>(each.size()));
    text += each;
  }
  return encode_batch_head(options, lengths) + text;
}

[[nodiscard]] inline std::vector<uint8_t> batch_frame(uint64_t id, const std::vector<std::string>& documents,
                                                      const tokenize_options& options) {
  return frame(frame_type::batch, id, batch_payload(documents, options));
}

[[nodiscard]] inline std::vector<uint8_t> request_frame(uint64_t id, std::string_view document) {
  return joined(encode_request_head(id, static_cast<uint32_t>(document.size())), document);
}

/// A request as the predecessor also took it: the payload is the document.
[[nodiscard]] inline std::vector<uint8_t> bare_request_frame(uint64_t id, std::string_view document) {
  return frame(frame_type::request, id, document);
}

[[nodiscard]] inline std::vector<uint8_t> cancel_frame(uint64_t id, std::string_view payload = {}) {
  return frame(frame_type::cancel, id, payload);
}

} // namespace texlex::test
