// The contract every kernel keeps: bytes in, token columns out, bit for bit the same whichever kernel runs, wherever
// its chunks end. Pure functions over memory the caller owns: no allocation, no lock, no clock, no I/O.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/regime.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// What is to be scanned. Nothing outside `document` is read. At most 4 GiB - 1 bytes (limits::scan_bytes_max).
struct scan_input {
  std::span<const uint8_t> document;
  const texlex::regime* regime = nullptr;
  token_view view = token_view::tex;
};

/// How many tokens a document may have at most: one a byte, and the end of a last line that has no terminator.
[[nodiscard]] constexpr uint64_t tokens_max(uint64_t document_bytes) noexcept { return document_bytes + 1; }

/// How many issues at most: two a byte, an unbalanced group, and one of the document as a whole.
[[nodiscard]] constexpr uint64_t issues_max(uint64_t document_bytes) noexcept { return 2 * document_bytes + 2; }

/// How many words a bitmap of token starts takes: one bit a byte, and one for what starts where the document ends.
[[nodiscard]] constexpr uint64_t start_words(uint64_t document_bytes) noexcept { return document_bytes / 64 + 1; }

/// Where the tokens go, all of it the caller's: a column of kinds with room for tokens_max(document) entries; beside it
/// either a column of starts with as much room, or a bitmap of start_words(document) words, in which bit i % 64 of word
/// i / 64 tells whether a token starts at byte i; and room for as many issues as the caller wants to keep, the others
/// are counted only. Nothing need be cleared before. The bitmap takes a thirtieth of the column's memory, and makes the
/// scan faster; no two tokens start at the same byte, so both say the same.
struct scan_output {
  token_kind* kinds = nullptr;
  uint32_t* starts = nullptr;
  std::span<issue> issues;
  uint64_t* start_bits = nullptr; ///< used if `starts` is null
};

/// TeX's state within a line (tex.web, section 303).
enum class line_state : uint8_t { new_line, middle, skipping_blanks };

/// How far a scan has come: everything that has to be known to go on. A value: copy it to come back to it.
struct scan_cursor {
  uint64_t offset = 0; ///< first byte not yet read; the document's size while only its last line's end is to come
  uint64_t token_count = 0;
  uint64_t issue_count = 0; ///< in all; `scan_output::issues` holds the first ones, in order of offset
  bool finished = false;

  line_state state = line_state::new_line;
  bool in_line = false;               ///< the fields of the line below hold
  token_kind run = token_kind::other; ///< kind of the trivia run that is still growing (blank, ignored), else `other`
  uint64_t line_end = 0;              ///< where the line's stripped text ends: trailing spaces and terminator begin
  uint64_t terminator = 0;            ///< where its terminator begins
  uint64_t next_line = 0;             ///< where the next line begins
  uint64_t checked = 0;               ///< bytes before this have been looked at for issues of single bytes
  uint64_t group_depth = 0;
};

/// Scans on from `cursor` to the first place at or behind `limit` where TeX could be stopped: not within a token, a
/// comment, or a line's end with its trailing spaces. That place is the same for every kernel, so another regime may
/// rule what comes after it. A limit at or above the document's size finishes the scan.
using advance_function = void (*)(const scan_input&, uint64_t limit, scan_cursor&, const scan_output&);

/// Turns the bitmap of a finished scan of so many bytes into a column of starts. The bitmap is as large as in
/// `scan_output`; the column has room for 64 entries more than there are tokens, or for tokens_max(document) if that is
/// less.
using expand_starts_function = void (*)(const uint64_t* start_bits, uint64_t document_bytes, uint32_t* starts);

/// One way to scan. All kernels give the same output.
struct kernel {
  const char* name; ///< shown at start and in benches
  advance_function advance;
  expand_starts_function expand_starts;
};

/// `kernel.advance`, and what `encoding_issue` tells of the document as its first issue. Of UTF-16 text it is the
/// only one: what its bytes are when read one by one is the same fault over and over. Every scan whose issues somebody
/// sees goes through here, whichever kernel runs.
void advance_scan(const kernel& kernel, const scan_input& input, uint64_t limit, scan_cursor& cursor,
                  const scan_output& output);

/// How many chunks somebody has scanned, for others to see that he gets on. Written by one thread, read by any; a cache
/// line of its own, as it is written all the time and read hardly ever.
class alignas(64) scan_progress {
public:
  void chunk_done() noexcept { chunks_.store(chunks() + 1, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t chunks() const noexcept { return chunks_.load(std::memory_order_relaxed); }

private:
  std::atomic<uint64_t> chunks_ = 0;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free); // else processes could not share it

/// Whether a scan ran to its end.
enum class scan_verdict : uint8_t { finished, stopped };

/// Runs a scan in chunks of limits::scan_chunk_bytes, looking at `stop` before each and counting it in `progress` after
/// it; a null `stop` never stops it, and a null `progress` is not told.
scan_verdict run_scan(const kernel& kernel, const scan_input& input, scan_cursor& cursor, const scan_output& output,
                      const std::atomic<bool>* stop = nullptr, scan_progress* progress = nullptr);

} // namespace texlex
