// A scanned document cut into parts that may be turned into text in any order and on any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "clients/cli/tokenize.hpp"
#include "kernels/derive.hpp"

namespace texlex::cli {

/// Tokens that follow each other, and what has to be known to begin with the first of them.
struct token_part {
  uint64_t first = 0; ///< index of its first token
  uint64_t count = 0;
  uint64_t word = 0;  ///< of the bitmap of starts, in which the first one's is the first bit
  uint64_t bytes = 0; ///< of the document, for those who count what is done
  position_counter position;
  token_deriver deriver;
};

/// Cuts a document where `words` words of the bitmap are full, 64 bytes each. Parts without tokens are left out.
[[nodiscard]] std::vector<token_part> cut_tokens(const scan_input& input, const token_columns& tokens, uint64_t words);

/// Issues that follow each other, and the place of what comes before the first.
struct issue_part {
  std::span<const issue> issues;
  position_counter position;
};

/// Cuts the issues that were kept, so many a part.
[[nodiscard]] std::vector<issue_part> cut_issues(const scan_input& input, const token_columns& tokens, size_t issues);

/// Reads the starts of tokens out of their bitmap, in order.
class start_reader {
public:
  /// From the first bit of a word on; `end` is what comes behind the last.
  start_reader(std::span<const uint64_t> bits, uint64_t word, uint64_t end) noexcept
    : bits_(bits), word_(word), rest_(word < bits.size() ? bits[word] : 0), end_(end) {}

  uint64_t next() noexcept {
    while (rest_ == 0)
      if (++word_ >= bits_.size())
        return end_;
      else
        rest_ = bits_[word_];
    const auto bit = static_cast<uint64_t>(std::countr_zero(rest_));
    rest_ &= rest_ - 1;
    return word_ * 64 + bit;
  }

private:
  std::span<const uint64_t> bits_;
  uint64_t word_;
  uint64_t rest_;
  uint64_t end_;
};

} // namespace texlex::cli
