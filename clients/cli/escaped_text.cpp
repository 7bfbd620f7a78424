#include "clients/cli/escaped_text.hpp"

#include "kernels/byte_issues.hpp"
#include "kernels/utf8.hpp"

namespace texlex::cli {
namespace {

void append_escaped(std::string& text, char character) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(character);
  text += "\\x";
  text += digits[byte >> 4];
  text += digits[byte & 0xF];
}

// U+2028 and U+2029 end a line for many programs; U+0080 to U+009F are controls.
bool is_printable(char32_t code) noexcept {
  return code >= 0xA0 && code != 0x2028 && code != 0x2029 && !is_bidirectional_control(code);
}

} // namespace

shown_character look_at(std::string_view text, size_t at) noexcept {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data()) + at;
  if (*bytes < 0x80) return {1, *bytes >= 0x20 && *bytes != 0x7f};
  const auto character = decode_multibyte(bytes, text.size() - at);
  return {character.bytes, !character.malformed && is_printable(character.code)};
}

std::string escape_file_name(std::string_view name) {
  std::string text;
  for (size_t at = 0; at < name.size();) {
    const auto [bytes, printable] = look_at(name, at);
    for (const size_t end = at + bytes; at < end; ++at)
      if (printable && name[at] != '\\') {
        text += name[at];
      } else {
        append_escaped(text, name[at]);
      }
  }
  return text;
}

std::string escape_control_sequence(std::string_view name) {
  std::string text;
  for (const char character : name) {
    const auto byte = static_cast<uint8_t>(character);
    if (byte < 0x21 || byte == 0x7f || byte == '\\') {
      append_escaped(text, character);
    } else {
      text += character;
    }
  }
  return text;
}

} // namespace texlex::cli
