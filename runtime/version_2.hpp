// What the payloads of version 2's frames have in common. For the files that encode and decode them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>

#include <boost/endian/conversion.hpp>

#include "runtime/outcome.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::version_2 {

// Columns are sent as they lie in memory.
static_assert(std::endian::native == std::endian::little, "texlex speaks version 2 on little-endian machines only");

inline constexpr std::array<uint8_t, 4> magic{'T', 'X', 'L', 'X'};

[[nodiscard]] inline bool begins_with_magic(std::span<const uint8_t> payload) noexcept {
  return payload.size() >= magic.size() && std::equal(magic.begin(), magic.end(), payload.begin());
}

[[nodiscard]] inline bool all_zero(std::span<const uint8_t> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

inline constexpr size_t directory_entry_bytes = 16; ///< of a response, and of a batch's

/// What every response begins with.
struct response_begin {
  uint16_t entries = 0; ///< of its directory
  outcome result;       ///< its status, and of an overload when to come back
};
inline constexpr size_t response_begin_bytes = 24;

inline void write_response_begin(uint8_t* bytes, const response_begin& said, uint64_t payload_bytes) noexcept {
  namespace endian = boost::endian;
  std::copy(magic.begin(), magic.end(), bytes);
  endian::store_little_u16(bytes + 4, protocol_version_max);
  endian::store_little_u16(bytes + 6, said.entries);
  endian::store_little_u32(bytes + 8, static_cast<uint32_t>(said.result.status));
  endian::store_little_u32(bytes + 12, said.result.status == status::ok ? 0 : said.result.token_count);
  endian::store_little_u64(bytes + 16, payload_bytes);
}

/// Nothing if it is none, or not of this version, or has another length than it says. `payload` has
/// response_begin_bytes at least.
[[nodiscard]] inline std::optional<response_begin> read_response_begin(std::span<const uint8_t> payload) noexcept {
  namespace endian = boost::endian;
  const uint8_t* const bytes = payload.data();
  if (!begins_with_magic(payload) || endian::load_little_u16(bytes + 4) != protocol_version_max) return std::nullopt;
  if (endian::load_little_u64(bytes + 16) != payload.size()) return std::nullopt;
  response_begin said{.entries = endian::load_little_u16(bytes + 6), .result = {}};
  said.result.status = static_cast<status>(endian::load_little_u32(bytes + 8));
  if (said.result.status != status::ok) said.result.token_count = endian::load_little_u32(bytes + 12);
  return said;
}

} // namespace texlex::version_2
