// Which trace a request is part of, as W3C's Trace Context tells it (https://www.w3.org/TR/trace-context/): in bytes on
// the wire, and as the text `traceparent` that people and other programs pass around.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace texlex {

inline constexpr size_t trace_context_bytes = 25;
inline constexpr size_t traceparent_length = 55; ///< of its text, in version 00

struct trace_context {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> parent_id{}; ///< the caller's own span
  uint8_t flags = 0;                  ///< bit 0: sampled

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Ids, then flags, as they stand in a request's option.
[[nodiscard]] std::array<uint8_t, trace_context_bytes> encode_trace_context(const trace_context& context) noexcept;
/// Nothing if it is not as long, or an id is all zeros: such a one is none.
[[nodiscard]] std::optional<trace_context> decode_trace_context(std::string_view value) noexcept;

/// Reads `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`; of later versions what this one has. Nothing if it
/// is none.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;
/// Throws std::bad_alloc.
[[nodiscard]] std::string traceparent_of(const trace_context& context);

} // namespace texlex
