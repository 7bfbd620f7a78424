// A whole document into columns of its own, in this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/scan.hpp"
#include "runtime/outcome.hpp"

namespace texlex::cli {

/// Every token of a document, as kinds and a bitmap of starts, and its first issues.
struct token_columns {
  std::unique_ptr<token_kind[]> kinds;
  std::unique_ptr<uint64_t[]> start_bits; ///< start_words(document) of them
  uint64_t count = 0;
  uint64_t issue_count = 0;  ///< of all
  std::vector<issue> issues; ///< the first ones, in order of offset
};

/// Scans a document and keeps `issues_max` issues at most.
[[nodiscard]] token_columns tokenize(const scan_input& input, const kernel& kernel, uint64_t issues_max);

/// What a texlexd that serves the default regime must answer for a document, computed here by the reference scanner.
[[nodiscard]] outcome expected_outcome(std::span<const uint8_t> document);

} // namespace texlex::cli
