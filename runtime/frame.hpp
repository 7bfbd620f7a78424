// The wire protocol's frames, and what lies in those of version 1, byte by byte, without sockets: 16 bytes of header,
// then a payload. All integers are big-endian. docs/protocol.md is the specification and a test replays its examples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/outcome.hpp"

namespace texlex {

inline constexpr size_t frame_header_bytes = 16;
inline constexpr size_t response_payload_bytes = 13;
inline constexpr size_t response_frame_bytes = frame_header_bytes + response_payload_bytes;
/// A request's payload begins with the document's length.
inline constexpr size_t document_length_bytes = 4;

/// `stats` (client to server, no payload) asks for the server's figures; `stats_response` carries them as UTF-8 text,
/// a `name value` pair a line, at most limits::stats_payload_bytes_max bytes.
/// `hello` and what follows are of version 2: runtime/tokenize_frame.hpp and batch_frame.hpp.
enum class frame_type : uint32_t {
  request = 1,
  response = 2,
  cancel = 3,
  stats = 4,
  stats_response = 5,
  hello = 6,
  hello_response = 7,
  tokenize = 8,
  tokenize_response = 9,
  batch = 10,
  batch_response = 11,
  going_away = 12,
  release = 13,
};

/// The first 16 bytes of a frame. `type` is raw: a peer may send any number.
struct frame_header {
  uint32_t type = 0;
  uint64_t id = 0;
  uint32_t payload_bytes = 0;

  friend bool operator==(const frame_header&, const frame_header&) = default;
};

[[nodiscard]] std::array<uint8_t, frame_header_bytes> encode(const frame_header& header) noexcept;
[[nodiscard]] frame_header decode_header(std::span<const uint8_t, frame_header_bytes> bytes) noexcept;

/// A request's header and the length in front of its document: what a client sends before the document's bytes.
/// The document must be no longer than 4 GiB - 5.
[[nodiscard]] std::array<uint8_t, frame_header_bytes + document_length_bytes>
encode_request_head(uint64_t id, uint32_t document_bytes) noexcept;

/// A whole response frame.
[[nodiscard]] std::array<uint8_t, response_frame_bytes> encode_response(uint64_t id, const outcome& result) noexcept;

/// A response's payload. An origin above 2 reads as `none`; a status this version does not know is kept as it is.
[[nodiscard]] outcome decode_response(std::span<const uint8_t, response_payload_bytes> payload) noexcept;

/// Where the document lies in a request's payload.
struct document_extent {
  size_t offset = 0;
  size_t bytes = 0;
  bool deprecated = false; ///< the payload had no inner length that fits: all of it is the document
};

/// Finds the document in a request's payload. The inner length fits if it says exactly what follows it; else the
/// whole payload is the document, as the predecessor had it.
[[nodiscard]] document_extent find_document(std::span<const uint8_t> payload) noexcept;

} // namespace texlex
