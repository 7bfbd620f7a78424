// Issues of single characters of the document's text, wherever they stand: malformed UTF-8, NUL bytes, and
// bidirectional controls, which hide text from a reader most easily in what TeX drops, such as comments.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/regime.hpp"
#include "kernels/utf8.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// The characters of Unicode that change the direction of the text around them (UAX #9, Bidi_Control).
[[nodiscard]] constexpr bool is_bidirectional_control(char32_t code) noexcept {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069);
}

/// Calls `found` for each issue of the characters that begin in [begin, end), in order. `begin` must be the start of a
/// character. Says where the next character begins, at `end` or a few bytes after it.
template <class Found>
uint64_t find_byte_issues(std::span<const uint8_t> document, encoding encoding, uint64_t begin, uint64_t end,
                          Found&& found) {
  uint64_t position = begin;
  while (position < end) {
    const uint8_t byte = document[position];
    const auto offset = static_cast<uint32_t>(position);
    if (byte == 0) found(issue{issue_kind::nul_byte, offset});
    if (byte < 0x80 || encoding == encoding::eight_bit) {
      ++position;
      continue;
    }
    const auto character = decode_multibyte(document.data() + position, document.size() - position);
    if (character.malformed) found(issue{issue_kind::malformed_utf8, offset});
    if (is_bidirectional_control(character.code)) found(issue{issue_kind::bidirectional_control, offset});
    position += character.bytes;
  }
  return position;
}

} // namespace texlex
