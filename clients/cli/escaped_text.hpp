// Names as a line of text holds them: a file may be named anything but NUL, and one that holds a line break, a tab, a
// terminal's control sequence or bytes that are no UTF-8 must not be taken for more than a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace texlex::cli {

/// How many bytes the character at `text[at]` has, and whether it can stand in a line as it is: it cannot if it is a
/// control character, ends a line, changes the direction of text, or is no UTF-8.
struct shown_character {
  uint32_t bytes;
  bool printable;
};
[[nodiscard]] shown_character look_at(std::string_view text, size_t at) noexcept;

/// A file's name with backslashes, and each byte of what cannot stand in a line, as `\xHH`: no two names look the same.
[[nodiscard]] std::string escape_file_name(std::string_view name);

/// A control sequence's name as tab-separated values hold it: bytes below 0x21, 0x7f and the backslash as `\xHH`.
[[nodiscard]] std::string escape_control_sequence(std::string_view name);

} // namespace texlex::cli
