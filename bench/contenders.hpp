// Who runs in the kernels' benchmark: every kernel in every form of output, and what they are to be judged by.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/token.hpp"

namespace texlex::bench {

/// Where contenders write: room for the tokens of a document, touched before anything is timed.
struct buffers {
  explicit buffers(size_t document_bytes);

  std::vector<uint8_t> kinds, copy;
  std::vector<uint32_t> starts, wide_kinds, codes, ends, lines, columns;
  std::vector<uint64_t> start_bits;
  std::vector<issue> issues;
  uint64_t limit = UINT64_MAX; ///< of a document, up to which a kernel scans it
  uint64_t tokens = 0;         ///< of the document in the tex view, for those who do not count them
};

/// What one run did.
struct work_done {
  uint64_t tokens = 0;
  uint64_t bytes_written = 0;
};

struct contender {
  std::string name;
  std::function<work_done(std::span<const uint8_t> document, buffers&)> run;
  size_t counted_bytes = 0;    ///< of a document, by which its instructions are counted; 0: not worth the time
  bool stops_at_limit = false; ///< a kernel: it need not be given less than the whole document
  std::function<void(std::span<const uint8_t> document, buffers&)> prepare = {}; ///< once, before it is timed
};

/// All of them, the kernels first, best first. The regime is `latex`.
[[nodiscard]] std::vector<contender> contenders();

/// A loop over bytes by a table of categories that writes six 32-bit columns a token (kind, code, start, end, line,
/// column), as the predecessor's did. It knows control words, comments and blanks, and no more of TeX.
work_done scan_six_columns(std::span<const uint8_t> document, buffers& to);

#ifdef TEXLEX_FLEX
/// What flex generates from `flex_scanner.l`, with kinds and starts as output. Two NUL bytes must follow the document.
work_done scan_with_flex(std::span<const uint8_t> document, buffers& to);
#endif

} // namespace texlex::bench
