// Derives whole columns of a finished scan: what kinds and starts do not say, for all tokens in their order. By blocks,
// so that whoever runs it can stop in between.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/derive.hpp"
#include "kernels/scan.hpp"
#include "runtime/token.hpp"

namespace texlex {

/// Where derived columns go, each with room for an entry a token; null: not wanted. Offsets and lines are at most the
/// document's size and one, which 32 bits hold; what they do not is the largest number they do.
struct derived_columns {
  uint32_t* ends = nullptr;
  uint32_t* codes = nullptr; ///< of characters; 0 of control sequences, `\par` of blank lines and trivia
  uint32_t* lines = nullptr;
  uint32_t* columns = nullptr;
  uint32_t* name_offsets = nullptr; ///< an entry more: the end of the last name
  uint8_t* name_bytes = nullptr;    ///< room for name_bytes_max(document); used if there are `name_offsets`
};

/// How many bytes the names of a document's control sequences take at most, one behind the other: a byte that is no
/// UTF-8 is read as U+FFFD, which takes three, and no other byte becomes more; an end-line character is less than the
/// escape character before it, which is in no name. The `\par` of a blank line has none.
[[nodiscard]] constexpr uint64_t name_bytes_max(uint64_t document_bytes) noexcept { return 3 * document_bytes; }

class column_deriver {
public:
  /// All must outlive it; `starts` has an entry for each of `kinds`.
  column_deriver(const scan_input& input, column_unit unit, std::span<const token_kind> kinds, const uint32_t* starts,
                 const derived_columns& into) noexcept;

  /// The next so many tokens, or fewer; true: there are more. Throws std::bad_alloc for a name longer than all before.
  bool derive(uint64_t tokens);

  /// Bytes of all names so far.
  [[nodiscard]] uint64_t name_bytes() const noexcept { return name_bytes_; }

private:
  void derive_text(uint64_t index);

  scan_input input_;
  std::span<const token_kind> kinds_;
  const uint32_t* starts_;
  derived_columns into_;
  token_deriver deriver_;
  position_counter counter_;
  bool texts_, places_;
  uint64_t next_ = 0;
  uint64_t name_bytes_ = 0;
  token_text text_;
};

} // namespace texlex
