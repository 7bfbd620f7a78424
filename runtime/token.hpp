// What a token is in memory: a kind and the byte offset of its first byte, in two parallel columns. All else (end,
// character code, name, line, column) follows from the document and is derived on request; see kernels/derive.hpp.
#pragma once

#include <cstdint>
#include <string_view>

namespace texlex {

/// The kind of a token. Up to 13 it is TeX's category code (The TeXbook, chapter 7); kinds above 15 are ours: the
/// `\par` of a blank line, and the trivia of the source view, which TeX's scanner drops.
enum class token_kind : uint8_t {
  control_sequence = 0,
  begin_group = 1,
  end_group = 2,
  math_shift = 3,
  alignment_tab = 4,
  parameter = 6,
  superscript = 7,
  subscript = 8,
  space = 10,
  letter = 11,
  other = 12,
  active = 13,
  paragraph = 16, ///< the `\par` TeX makes of a blank line
  comment = 17,   ///< text TeX drops up to the line end: after a comment character, or after an end-of-line character
  blank = 18,     ///< a run of blanks TeX skips or strips on one line
  line_end = 19,  ///< a line terminator that makes no token
  ignored = 20,   ///< a run of characters of category 9 on one line
  invalid = 21,   ///< one character of category 15
};

/// True for tokens that only the source view holds; dropping them gives the tex view.
[[nodiscard]] constexpr bool is_trivia(token_kind kind) noexcept { return kind >= token_kind::comment; }

/// True for tokens that stand for a character; the others have a name, or no text at all.
[[nodiscard]] constexpr bool has_code(token_kind kind) noexcept {
  return kind != token_kind::control_sequence && kind < token_kind::paragraph;
}

/// The name used in every text output: the category code in decimal, or a word.
[[nodiscard]] std::string_view name_of(token_kind kind) noexcept;

/// Which tokens a scan yields.
enum class token_view : uint8_t {
  tex,    ///< exactly the tokens of TeX's scanner
  source, ///< the same and trivia, so that every byte belongs to exactly one token
};

/// What is worth telling about a document. None of them stops a scan.
enum class issue_kind : uint8_t {
  malformed_utf8 = 1,        ///< one maximal ill-formed subpart (The Unicode Standard, 3.9); read as U+FFFD
  nul_byte = 2,              ///< a byte 0, wherever it stands
  bidirectional_control = 3, ///< U+202A..U+202E, U+2066..U+2069, U+200E, U+200F, U+061C: may hide text from a reader
  invalid_character = 4,     ///< a character of category 15: dropped
  malformed_superscript = 5, ///< `^^^^` or `^^^^^^` without its hex digits: read as the shorter form
  unbalanced_group = 6,      ///< an end-group without a begin-group, or the outermost group never ended
  utf16_text = 7,            ///< the document is UTF-16 or UTF-32; its only issue, as all others follow from it
  byte_order_mark = 8,       ///< that of UTF-8 before a document of an 8-bit regime: TeX reads three characters
};

/// The name used in every text output, such as `malformed-utf8`.
[[nodiscard]] std::string_view name_of(issue_kind kind) noexcept;

/// One issue and the byte offset it begins at.
struct issue {
  issue_kind kind;
  uint32_t offset;

  friend bool operator==(const issue&, const issue&) = default;
};

} // namespace texlex
