// Version 2 of the wire protocol, byte by byte, without sockets: what lies in the payloads of its frames, all of it
// little-endian. docs/protocol-2.md is the specification. Both sides use it, so what is decoded is checked: neither a
// hostile client nor a hostile server makes the other look where nothing is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/outcome.hpp"
#include "runtime/token.hpp"
#include "runtime/trace_context.hpp"

namespace texlex {

inline constexpr uint16_t protocol_version_max = 2;
inline constexpr size_t hello_bytes = 16;
inline constexpr size_t hello_response_bytes = 64;
inline constexpr size_t tokenize_fixed_bytes = 32;
inline constexpr size_t tokenized_head_bytes = 64;
inline constexpr size_t column_alignment_bytes = 64;

/// What a client may ask for in its hello, and gets if the server knows it; a set of them is the sum of their bits.
enum class hello_feature : uint32_t {
  going_away = 1u << 0,  ///< to be told, by a frame, that the server drains
  descriptors = 1u << 1, ///< documents and columns may lie in memory whose descriptor is passed; on Unix sockets
};
inline constexpr uint32_t all_features = 0x3;
[[nodiscard]] constexpr bool holds(uint32_t set, hello_feature one) noexcept {
  return (set & static_cast<uint32_t>(one)) != 0;
}

/// What a client says first.
struct hello {
  uint16_t version_min = protocol_version_max;
  uint16_t version_max = protocol_version_max;
  uint32_t features = 0;

  friend bool operator==(const hello&, const hello&) = default;
};

[[nodiscard]] std::array<uint8_t, hello_bytes> encode_hello(const hello& said) noexcept;
/// Nothing if it is none.
[[nodiscard]] std::optional<hello> decode_hello(std::span<const uint8_t> payload) noexcept;

/// What a server can do, and how much of it.
struct hello_response {
  uint16_t version = protocol_version_max; ///< spoken from now on
  uint32_t features = 0;
  uint32_t columns = 0; ///< that may be asked for: bits of `column_set`
  uint64_t document_bytes_max = 0;
  uint32_t requests_in_flight_max = 0; ///< of a connection
  uint32_t issues_told_max = 0;
  uint32_t head_bytes_max = limits::tokenize_head_bytes_max;
  uint32_t batch_documents_max = limits::batch_documents_max; ///< of one frame; 0: it takes no batches
  std::vector<std::string> regimes;                           ///< their names, the default first

  friend bool operator==(const hello_response&, const hello_response&) = default;
};

/// Throws std::bad_alloc.
[[nodiscard]] std::string encode_hello_response(const hello_response& said);
/// Nothing if it is none. Throws std::bad_alloc.
[[nodiscard]] std::optional<hello_response> decode_hello_response(std::span<const uint8_t> payload);

/// That a server drains: what it has taken of this connection it still answers, and it takes no more.
struct going_away {
  uint64_t requests_taken = 0;
  uint64_t last_id = 0; ///< of the last of them; 0 if there is none

  friend bool operator==(const going_away&, const going_away&) = default;
};

inline constexpr size_t going_away_bytes = 24;
[[nodiscard]] std::array<uint8_t, going_away_bytes> encode_going_away(const going_away& said) noexcept;
/// Nothing if it is none.
[[nodiscard]] std::optional<going_away> decode_going_away(std::span<const uint8_t> payload) noexcept;

/// Columns that can be asked for; a set of them is the sum of their bits.
enum class column_set : uint32_t {
  kinds = 1u << 0,
  starts = 1u << 1,
  ends = 1u << 2,
  codes = 1u << 3,
  lines = 1u << 4,
  columns = 1u << 5,
  names = 1u << 6,
  issues = 1u << 7,
};

inline constexpr uint32_t all_columns = 0xFF;
[[nodiscard]] constexpr bool holds(uint32_t set, column_set one) noexcept {
  return (set & static_cast<uint32_t>(one)) != 0;
}
/// Whether something in the set has to be derived, which takes longer than the scan.
[[nodiscard]] constexpr bool needs_deriving(uint32_t set) noexcept {
  constexpr uint32_t scanned = static_cast<uint32_t>(column_set::kinds) | static_cast<uint32_t>(column_set::starts)
                               | static_cast<uint32_t>(column_set::issues);
  return (set & ~scanned) != 0;
}

/// A column as it lies in a response.
enum class column_id : uint16_t {
  kind = 1,
  start = 2,
  end = 3,
  code = 4,
  line = 5,
  column = 6,
  name_offset = 7,
  name_byte = 8,
  issue_kind = 9,
  issue_offset = 10,
};
inline constexpr size_t column_id_count = 10;

/// What the column `column` counts; as `column_unit` in kernels/derive.hpp.
enum class position_unit : uint8_t { bytes = 0, code_points = 1, utf16_units = 2 };

/// Whose turn it is, where requests wait. No client comes before others by it.
enum class request_priority : uint8_t {
  background = 0,  ///< behind what others want: has a sixteenth of a client's part
  normal = 1,      ///< what a client sends without more
  interactive = 2, ///< ahead of what else its client has waiting
};
inline constexpr uint8_t request_priority_max = 2;

/// What a client wants of one document.
struct tokenize_options {
  uint32_t columns = 0; ///< bits of `column_set`; none: counts only
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
  uint32_t deadline_ms = 0;     ///< from when the request is read; 0: none
  uint32_t issues_told_max = 0; ///< from the document's begin
  std::string_view regime{};    ///< its name; empty: the server's own
  /// The document lies in memory whose descriptor comes with the frame's first byte.
  bool document_by_descriptor = false;
  /// The columns may come likewise.
  bool columns_by_descriptor = false;
  request_priority priority = request_priority::normal;
  std::optional<trace_context> trace{};

  friend bool operator==(const tokenize_options&, const tokenize_options&) = default;
};

/// What stands before a document of so many bytes. Throws std::bad_alloc. The regime's name must be at most
/// limits::regime_name_bytes_max long.
[[nodiscard]] std::string encode_tokenize_head(const tokenize_options& options, uint32_t document_bytes);

/// A tokenize frame's payload, taken apart.
struct tokenize_request {
  tokenize_options options; ///< its strings lie in the payload
  size_t document_offset = 0;
  size_t document_bytes = 0; ///< behind that, or in the memory that is passed
};

/// What a head of tokenize_fixed_bytes and options behind them says, but for its lengths and for how many documents;
/// or tells what is wrong with it: `malformed_frame`, or `unsupported_option`.
[[nodiscard]] std::variant<tokenize_options, status> decode_tokenize_options(std::span<const uint8_t> head) noexcept;

/// Takes a payload apart, or tells why that is not possible: `malformed_frame`, or `unsupported_option`.
[[nodiscard]] std::variant<tokenize_request, status> decode_tokenize(std::span<const uint8_t> payload) noexcept;

/// One column of a response, wherever it lies: its bytes without padding.
struct column_bytes {
  column_id id = column_id::kind;
  std::span<const uint8_t> bytes;
};
/// In the order of their ids.
using column_list = std::span<const column_bytes>;

/// What a response says besides its columns.
struct tokenized_head {
  outcome result;
  uint32_t issues_told = 0;
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
};

[[nodiscard]] constexpr uint64_t padded_to_column(uint64_t bytes) noexcept {
  return (bytes + column_alignment_bytes - 1) / column_alignment_bytes * column_alignment_bytes;
}

/// Head and directory of a response with these columns, padding included; the columns follow, each filled up with
/// zeros to a multiple of 64. Or, if they lie in memory that is lent, each at a multiple of 64: that is all of the
/// payload. Throws std::bad_alloc.
[[nodiscard]] std::string encode_tokenized_head(const tokenized_head& head, column_list columns,
                                                std::span<const uint8_t> lent = {});
/// And how many bytes that is at most.
inline constexpr uint64_t tokenized_overhead_bytes_max = tokenized_head_bytes + padded_to_column(16 * column_id_count);
/// Bytes of the whole payload, with the columns or, if they are lent, without.
[[nodiscard]] uint64_t tokenized_payload_bytes(column_list columns, bool lent = false) noexcept;

/// A response's payload, taken apart: what is null was not sent.
struct tokenized {
  tokenized_head head;
  std::array<std::optional<std::span<const uint8_t>>, column_id_count + 1> columns; ///< by id

  [[nodiscard]] std::optional<std::span<const uint8_t>> column(column_id id) const noexcept {
    return columns[static_cast<size_t>(id)];
  }
};

/// How many bytes of the memory that is passed with this response have to be mapped, as its columns lie there; nothing
/// if they do not.
[[nodiscard]] std::optional<uint64_t> lent_bytes(std::span<const uint8_t> payload) noexcept;

/// Nothing if it contradicts itself: every column it yields lies within the payload, or within `lent`, the memory that
/// was passed, and has as many entries as the head says; between columns of a payload there are zeros. Entries are not
/// looked at.
[[nodiscard]] std::optional<tokenized> decode_tokenized(std::span<const uint8_t> payload,
                                                        std::span<const uint8_t> lent = {}) noexcept;

} // namespace texlex
