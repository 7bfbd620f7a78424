// What a SIMD target gets and gives: plain memory and numbers. A target's file includes this, its intrinsics and the
// body, and nothing else: a function of the standard library that was compiled with its instruction set could be the
// one the linker keeps for everybody, and would trap on an older CPU.
#pragma once

#include <stdint.h>

namespace texlex::simd {

/// What the end-line character becomes.
enum class line_end_effect : uint8_t {
  space_or_paragraph, ///< category 5
  space,              ///< category 10
  nothing,            ///< category 9
  none,               ///< there is no end-line character
};

/// What a target needs of a document and its regime.
struct stretch {
  const uint8_t* document = nullptr;
  uint64_t size = 0;
  const uint8_t* low = nullptr;      ///< categories of bytes below 0x80: 128 of them
  const uint8_t* high = nullptr;     ///< those of the others in an 8-bit regime, else null
  const uint16_t* page_of = nullptr; ///< in UTF-8 a character's is pages[page_of[code >> 8]][code & 0xFF]
  const uint8_t (*pages)[256] = nullptr;
  line_end_effect line_end = line_end_effect::space_or_paragraph;
  bool source_view = false;
  uint8_t* kinds = nullptr;       ///< room for `size` + 1
  uint32_t* starts = nullptr;     ///< likewise; or null, and in their place
  uint64_t* start_bits = nullptr; ///< `size` / 64 + 1 words: a bit a byte, set where a token starts
};

/// TeX's state before the next byte; nothing is pending.
enum class state_before : uint8_t { new_line, middle, skipping_blanks };

/// How far a target has come. At rest all of it says what TeX's scanner would have to remember, and no more.
struct progress {
  uint64_t offset = 0;
  uint64_t token_count = 0;
  uint64_t group_depth = 0;
  state_before state = state_before::new_line;
  uint8_t run = 0;       ///< kind of the trivia run that is still growing, or 0
  bool finished = false; ///< the document's last line has ended
  bool trouble = false;  ///< at or behind `offset` lies what only the reference can do
};

/// Scans on to the first place at or behind `limit` where TeX could be stopped, or to the document's end, unless
/// trouble is met: then it comes to rest at the beginning of the line that has it, or where it began if that is later.
using run_function = void (*)(const stretch&, uint64_t limit, progress&);

/// Writes the numbers of the bits that are set among bits 0 to `size` of `bits`, in order; `starts` has room for
/// `size` + 1.
using expand_function = void (*)(const uint64_t* bits, uint64_t size, uint32_t* starts);

} // namespace texlex::simd
