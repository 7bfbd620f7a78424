#include "runtime/token.hpp"

namespace texlex {

std::string_view name_of(token_kind kind) noexcept {
  switch (kind) {
    case token_kind::control_sequence: return "0";
    case token_kind::begin_group: return "1";
    case token_kind::end_group: return "2";
    case token_kind::math_shift: return "3";
    case token_kind::alignment_tab: return "4";
    case token_kind::parameter: return "6";
    case token_kind::superscript: return "7";
    case token_kind::subscript: return "8";
    case token_kind::space: return "10";
    case token_kind::letter: return "11";
    case token_kind::other: return "12";
    case token_kind::active: return "13";
    case token_kind::paragraph: return "par";
    case token_kind::comment: return "comment";
    case token_kind::blank: return "blank";
    case token_kind::line_end: return "eol";
    case token_kind::ignored: return "ignored";
    case token_kind::invalid: return "invalid";
  }
  return "unknown";
}

std::string_view name_of(issue_kind kind) noexcept {
  switch (kind) {
    case issue_kind::malformed_utf8: return "malformed-utf8";
    case issue_kind::nul_byte: return "nul-byte";
    case issue_kind::bidirectional_control: return "bidirectional-control";
    case issue_kind::invalid_character: return "invalid-character";
    case issue_kind::malformed_superscript: return "malformed-superscript";
    case issue_kind::unbalanced_group: return "unbalanced-group";
    case issue_kind::utf16_text: return "utf-16-text";
    case issue_kind::byte_order_mark: return "byte-order-mark";
  }
  return "unknown";
}

} // namespace texlex
