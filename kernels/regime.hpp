// A regime: all that decides how characters become tokens. The named ones are in kernels/regimes.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/catcode.hpp"

namespace texlex {

/// How bytes make characters.
enum class encoding : uint8_t {
  utf8,      ///< as LuaTeX: UTF-8; `^^`, `^^^^` and `^^^^^^` notation
  eight_bit, ///< as pdfTeX: each byte is the character of its code; `^^` notation only
};

/// `\endlinechar` when no character ends a line.
inline constexpr int32_t no_end_line_character = -1;

struct regime {
  std::string name;
  catcode_table catcodes;
  int32_t end_line_character = 13; ///< a code point, or `no_end_line_character`
  texlex::encoding encoding = encoding::utf8;
};

} // namespace texlex
