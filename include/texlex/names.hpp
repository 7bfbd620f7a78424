// What has a number in texlex.h, as types of C++, and the names of it. Included by texlex.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "texlex/texlex.h"

namespace texlex {
inline namespace abi_1 { // apart from whatever else is in a program by these names

/// How a call ended; what the values mean is said in texlex.h.
enum class status : int {
  ok = TEXLEX_OK,
  end = TEXLEX_END,
  null_argument = TEXLEX_NULL_ARGUMENT,
  no_memory = TEXLEX_NO_MEMORY,
  document_too_large = TEXLEX_DOCUMENT_TOO_LARGE,
  unsupported_struct = TEXLEX_UNSUPPORTED_STRUCT,
  unknown_regime = TEXLEX_UNKNOWN_REGIME,
  unknown_kernel = TEXLEX_UNKNOWN_KERNEL,
  unknown_view = TEXLEX_UNKNOWN_VIEW,
  unknown_column_unit = TEXLEX_UNKNOWN_COLUMN_UNIT,
  unknown_flag = TEXLEX_UNKNOWN_FLAG,
  capacity_too_small = TEXLEX_CAPACITY_TOO_SMALL,
  out_of_range = TEXLEX_OUT_OF_RANGE,
  names_too_large = TEXLEX_NAMES_TOO_LARGE,
  internal_error = TEXLEX_INTERNAL_ERROR,
};

/// A sentence for people.
[[nodiscard]] inline const char* text_of(status ended) noexcept {
  return texlex_status_text(static_cast<texlex_status>(ended));
}

/// The kind of a token: TeX's category code up to 13, and texlex's own above 15.
enum class token_kind : std::uint8_t {
  control_sequence = TEXLEX_KIND_CONTROL_SEQUENCE,
  begin_group = TEXLEX_KIND_BEGIN_GROUP,
  end_group = TEXLEX_KIND_END_GROUP,
  math_shift = TEXLEX_KIND_MATH_SHIFT,
  alignment_tab = TEXLEX_KIND_ALIGNMENT_TAB,
  parameter = TEXLEX_KIND_PARAMETER,
  superscript = TEXLEX_KIND_SUPERSCRIPT,
  subscript = TEXLEX_KIND_SUBSCRIPT,
  space = TEXLEX_KIND_SPACE,
  letter = TEXLEX_KIND_LETTER,
  other = TEXLEX_KIND_OTHER,
  active = TEXLEX_KIND_ACTIVE,
  paragraph = TEXLEX_KIND_PARAGRAPH, ///< the `\par` TeX makes of a blank line
  comment = TEXLEX_KIND_COMMENT,     ///< from here on trivia, which only the source view has
  blank = TEXLEX_KIND_BLANK,
  line_end = TEXLEX_KIND_LINE_END,
  ignored = TEXLEX_KIND_IGNORED,
  invalid = TEXLEX_KIND_INVALID,
};

/// The name `texlex tokens` prints: the category code in decimal, or a word. Empty for a number that is no kind.
[[nodiscard]] inline std::string_view name_of(token_kind kind) noexcept {
  const char* name = texlex_kind_name(static_cast<std::uint32_t>(kind));
  return name == nullptr ? std::string_view{} : name;
}

/// True for tokens that only the source view has.
[[nodiscard]] constexpr bool is_trivia(token_kind kind) noexcept { return kind >= token_kind::comment; }

/// Which tokens are wanted: TeX's, or these and trivia, so that every byte belongs to exactly one token.
enum class token_view : std::uint32_t { tex = TEXLEX_VIEW_TEX, source = TEXLEX_VIEW_SOURCE };

/// What a column counts.
enum class column_unit : std::uint32_t {
  bytes = TEXLEX_COLUMN_BYTES,
  code_points = TEXLEX_COLUMN_CODE_POINTS,
  utf16 = TEXLEX_COLUMN_UTF16,
};

/// What is worth telling about a document.
enum class issue_kind : std::uint8_t {
  malformed_utf8 = TEXLEX_ISSUE_MALFORMED_UTF8,
  nul_byte = TEXLEX_ISSUE_NUL_BYTE,
  bidirectional_control = TEXLEX_ISSUE_BIDIRECTIONAL_CONTROL,
  invalid_character = TEXLEX_ISSUE_INVALID_CHARACTER,
  malformed_superscript = TEXLEX_ISSUE_MALFORMED_SUPERSCRIPT,
  unbalanced_group = TEXLEX_ISSUE_UNBALANCED_GROUP,
  utf16_text = TEXLEX_ISSUE_UTF16_TEXT,
  byte_order_mark = TEXLEX_ISSUE_BYTE_ORDER_MARK,
};

/// Such as `malformed-utf8`. Empty for a number that is no kind.
[[nodiscard]] inline std::string_view name_of(issue_kind kind) noexcept {
  const char* name = texlex_issue_kind_name(static_cast<std::uint32_t>(kind));
  return name == nullptr ? std::string_view{} : name;
}

/// The names of regimes and kernels, from 0 on; empty behind the last.
[[nodiscard]] inline std::string_view regime_name(std::size_t index) noexcept {
  const char* name = texlex_regime_name(index);
  return name == nullptr ? std::string_view{} : name;
}
[[nodiscard]] inline std::string_view kernel_name(std::size_t index) noexcept {
  const char* name = texlex_kernel_name(index);
  return name == nullptr ? std::string_view{} : name;
}

} // namespace abi_1
} // namespace texlex
