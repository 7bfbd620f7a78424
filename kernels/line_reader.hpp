// Reads characters within one line of a document as TeX does: the line's text without its trailing spaces, then the
// end-line character, with `^^` notation turned into the character it stands for (tex.web, sections 31, 352 and 355).
// Shared by the reference kernel and by what derives a token's end and name from its start.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/regime.hpp"
#include "kernels/utf8.hpp"

namespace texlex {

/// The extent of one line. Positions within it count bytes of the document; `text_end` is the position of the
/// end-line character, if the regime has one, and `text_end + 1` the position after it.
struct line_extent {
  uint64_t text_end;   ///< where trailing spaces or the terminator begin
  uint64_t terminator; ///< where LF, CR or CRLF begins, or the document's end
  uint64_t next;       ///< where the next line begins
};

/// Finds the line that begins at `start`.
[[nodiscard]] inline line_extent find_line(std::span<const uint8_t> document, uint64_t start) noexcept {
  uint64_t end = start;
  while (end < document.size() && document[end] != '\n' && document[end] != '\r') ++end;
  uint64_t next = end;
  if (next < document.size()) {
    const bool crlf = document[next] == '\r' && next + 1 < document.size() && document[next + 1] == '\n';
    next += crlf ? 2 : 1;
  }
  uint64_t text_end = end;
  // Spaces only, never tabs: what the engines strip.
  while (text_end > start && document[text_end - 1] == ' ') --text_end;
  return {text_end, end, next};
}

/// A character as the scanner sees it.
struct line_character {
  char32_t code;
  catcode category;
  uint64_t next;                      ///< the position after it
  bool malformed_superscript = false; ///< `^^^^` or more without its hex digits was read as a shorter form
};

class line_reader {
public:
  line_reader(std::span<const uint8_t> document, const regime& regime, const line_extent& line) noexcept
    : bytes_(document.data()), regime_(regime), text_end_(line.text_end),
      end_(line.text_end + (regime.end_line_character == no_end_line_character ? 0 : 1)) {}

  /// The position after the line's last character, the end-line character included.
  [[nodiscard]] uint64_t end() const noexcept { return end_; }

  /// The character at a position before `end()`, `^^` notation resolved.
  [[nodiscard]] line_character read(uint64_t position) const noexcept {
    const auto raw = decode(position);
    line_character result{raw.code, regime_.catcodes[raw.code], position + raw.bytes};
    while (result.category == catcode::superscript && resolve_superscript(result)) {
    }
    return result;
  }

private:
  [[nodiscard]] decoded_character decode(uint64_t position) const noexcept {
    if (position == text_end_) return {static_cast<char32_t>(regime_.end_line_character), 1, false};
    const uint8_t byte = bytes_[position];
    if (byte < 0x80 || regime_.encoding == encoding::eight_bit) return {byte, 1, false};
    return decode_multibyte(bytes_ + position, text_end_ - position);
  }

  bool resolve_superscript(line_character& character) const noexcept;
  bool read_hex(uint64_t position, uint32_t digits, char32_t& code) const noexcept;

  const uint8_t* bytes_;
  const regime& regime_;
  uint64_t text_end_;
  uint64_t end_;
};

} // namespace texlex
