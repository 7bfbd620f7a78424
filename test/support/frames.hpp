// Whole frames as a client sends them, for tests that cut, mix or falsify them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/frame.hpp"

namespace texlex::test {

/// `head` and then `body`. Sized at once: growing it makes GCC 12 see an overflow that is none (its bug 105329).
template <class Head>
[[nodiscard]] std::vector<uint8_t> joined(const Head& head, std::string_view body) {
  std::vector<uint8_t> whole(head.size() + body.size());
  std::ranges::copy(body, std::ranges::copy(head, whole.begin()).out);
  return whole;
}

[[nodiscard]] inline std::vector<uint8_t> request_frame(uint64_t id, std::string_view document) {
  return joined(encode_request_head(id, static_cast<uint32_t>(document.size())), document);
}

/// A request as the predecessor also took it: the payload is the document.
[[nodiscard]] inline std::vector<uint8_t> bare_request_frame(uint64_t id, std::string_view document) {
  return joined(encode(frame_header{1, id, static_cast<uint32_t>(document.size())}), document);
}

[[nodiscard]] inline std::vector<uint8_t> cancel_frame(uint64_t id, std::string_view payload = {}) {
  return joined(encode(frame_header{3, id, static_cast<uint32_t>(payload.size())}), payload);
}

} // namespace texlex::test
