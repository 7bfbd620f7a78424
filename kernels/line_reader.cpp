#include "kernels/line_reader.hpp"

namespace texlex {
namespace {

// TeX takes lower case digits only: `^^4A` is `^^4` and an `A`.
int hex_digit(char32_t code) noexcept {
  if (code >= '0' && code <= '9') return static_cast<int>(code - '0');
  if (code >= 'a' && code <= 'f') return static_cast<int>(code - 'a' + 10);
  return -1;
}

} // namespace

// `digits` hex digits from `position` on, all within the line.
bool line_reader::read_hex(uint64_t position, uint32_t digits, char32_t& code) const noexcept {
  if (position + digits > end_) return false;
  char32_t value = 0;
  for (uint32_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(decode(position + i).code);
    if (digit < 0) return false;
    value = value << 4 | static_cast<char32_t>(digit);
  }
  code = value;
  return true;
}

// `character` is of category 7 and read. If another one like it and a fitting character follow, it becomes what the
// notation stands for, and the answer is true: the result is looked up again, and may begin another notation.
bool line_reader::resolve_superscript(line_character& character) const noexcept {
  const uint64_t first = character.next;
  uint64_t after = first; // after the last superscript character like the first
  uint32_t count = 1;
  const uint32_t count_max = regime_.encoding == encoding::utf8 ? 6 : 2;
  while (count < count_max && after < end_) {
    const auto next = decode(after);
    if (next.code != character.code) break;
    after += next.bytes;
    ++count;
  }
  if (count < 2) return false;

  const auto become = [&](char32_t code, uint64_t next) {
    character.code = code;
    character.category = regime_.catcodes[code];
    character.next = next;
    return true;
  };
  const uint64_t width = decode(first).bytes; // of one superscript character
  char32_t code = 0;
  for (uint32_t digits = count & ~1u; digits >= 4; digits -= 2) {
    const uint64_t position = first + (digits - 1) * width;
    if (read_hex(position, digits, code) && code <= code_point_max) return become(code, position + digits);
    character.malformed_superscript = true;
  }

  const uint64_t position = first + width;
  if (position >= end_) return false;
  const auto shifted = decode(position);
  if (shifted.code >= 0x80) return false;
  if (read_hex(position, 2, code)) return become(code, position + 2);
  return become(shifted.code < 64 ? shifted.code + 64 : shifted.code - 64, position + 1);
}

} // namespace texlex
