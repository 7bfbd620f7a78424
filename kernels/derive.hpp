// What a kind and a start do not say, derived from the document: a token's end, its character or name, its line and
// column. The scan's hot loop stores none of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/line_reader.hpp"
#include "kernels/regime.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// What a column counts.
enum class column_unit : uint8_t {
  bytes,
  code_points, ///< a malformed UTF-8 subpart counts as one; in an 8-bit regime each byte is one
  utf16_units, ///< as most editors count (Language Server Protocol): two for a character beyond U+FFFF
};

/// A place in a document as people tell it; both count from 1.
struct text_position {
  uint64_t line = 1;
  uint64_t column = 1;
};

/// Tells the line and column of byte offsets. Offsets asked in ascending order cost the bytes between them; one that
/// lies before the last starts over from the document's first byte. LF, CR and CRLF each end a line.
class position_counter {
public:
  position_counter(std::span<const uint8_t> document, encoding encoding, column_unit unit) noexcept
    : document_(document), encoding_(encoding), unit_(unit) {}

  /// The place of the character that holds or follows `offset`; `offset` is at most the document's size.
  [[nodiscard]] text_position at(uint64_t offset) noexcept { return go_to(offset); }

  /// The same, to be read where it lies until the next call. Copied right after it was told in two halves, it would be
  /// waited for: that took a third of the time of writing tokens as text.
  const text_position& go_to(uint64_t offset) noexcept {
    if (offset < offset_ || offset - offset_ >= sizeof(uint64_t)) go_far(offset);
    while (offset_ < offset) {
      const uint8_t byte = document_[offset_];
      if (byte < 0x20 || byte >= 0x80) {
        step();
      } else {
        ++offset_;
        ++position_.column;
      }
    }
    return position_;
  }

private:
  void go_far(uint64_t offset) noexcept;
  void step() noexcept;

  std::span<const uint8_t> document_;
  encoding encoding_;
  column_unit unit_;
  uint64_t offset_ = 0;
  text_position position_;
};

/// What a token stands for.
struct token_text {
  uint64_t end = 0;  ///< byte offset after its last byte
  char32_t code = 0; ///< of a character or active character; 32 for every space
  std::string name;  ///< of a control sequence, in UTF-8, without its escape character; may be empty
};

/// Derives texts of tokens. Tokens asked in ascending order of start find their line once a line.
class token_deriver {
public:
  /// Both must outlive the object; the regime must be the one of the scan.
  token_deriver(std::span<const uint8_t> document, const regime& regime) noexcept
    : document_(document), regime_(regime) {}

  /// The text of one token of the tex view (also within a source view). `text.name` keeps its capacity.
  /// Not for trivia: those end where the next token of the source view starts.
  void derive(token_kind kind, uint64_t start, token_text& text);

  /// Finds the line a token's start lies in, unless it is the one found last. A copy of the deriver knows it too, so
  /// that those who share a long line need not look for its end one by one.
  void find_line_of(uint64_t start) noexcept {
    if (start >= line_from_ && start < line_.next) return;
    line_ = find_line(document_, start);
    line_from_ = start;
  }

private:
  void derive_name(const line_reader& reader, uint64_t position, token_text& text) const;
  [[nodiscard]] uint64_t end_of(uint64_t position) const noexcept;

  std::span<const uint8_t> document_;
  const regime& regime_;
  line_extent line_{0, 0, 0};
  uint64_t line_from_ = 1; ///< `line_` holds for starts in [line_from_, line_.next); empty at first
};

} // namespace texlex
