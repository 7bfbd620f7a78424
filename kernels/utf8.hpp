// One character of UTF-8, strictly: The Unicode Standard 3.9, table 3-7. A maximal ill-formed subpart reads as one
// U+FFFD, as the standard recommends and every modern decoder does.
#pragma once

#include <cstdint>
#include <string>

namespace texlex {

inline constexpr char32_t replacement_character = 0xFFFD;

struct decoded_character {
  char32_t code;
  uint32_t bytes; ///< how many the character takes, at least 1
  bool malformed;
};

/// Decodes a character whose first byte is 0x80 or above, out of `first[0 .. available)`; `available` is at least 1.
[[nodiscard]] inline decoded_character decode_multibyte(const uint8_t* first, uint64_t available) noexcept {
  const uint8_t lead = first[0];
  uint32_t length = 0;
  char32_t code = 0;
  // The second byte's bounds exclude overlong forms, surrogates and codes above U+10FFFF.
  uint8_t lowest = 0x80;
  uint8_t highest = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    code = lead & 0x1Fu;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    code = lead & 0x0Fu;
    if (lead == 0xE0) lowest = 0xA0;
    if (lead == 0xED) highest = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    code = lead & 0x07u;
    if (lead == 0xF0) lowest = 0x90;
    if (lead == 0xF4) highest = 0x8F;
  } else {
    return {replacement_character, 1, true};
  }
  for (uint32_t i = 1; i < length; ++i) {
    if (i >= available || first[i] < lowest || first[i] > highest) return {replacement_character, i, true};
    code = (code << 6) | (first[i] & 0x3Fu);
    lowest = 0x80;
    highest = 0xBF;
  }
  return {code, length, false};
}

/// Appends a character in UTF-8. A code above U+10FFFF or a surrogate is appended as U+FFFD.
inline void append_utf8(std::string& text, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = replacement_character;
  const auto byte = [&text](char32_t value) { text.push_back(static_cast<char>(static_cast<uint8_t>(value))); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      byte(0xE0 | (code >> 12));
    } else {
      byte(0xF0 | (code >> 18));
      byte(0x80 | ((code >> 12) & 0x3F));
    }
    byte(0x80 | ((code >> 6) & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

} // namespace texlex
