// A whole document into columns of its own, in this process.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/scan.hpp"
#include "runtime/outcome.hpp"

namespace texlex::cli {

/// Every token and every issue of a document.
struct token_columns {
  std::unique_ptr<token_kind[]> kinds;
  std::unique_ptr<uint32_t[]> starts;
  uint64_t count = 0;
  std::vector<issue> issues;
};

[[nodiscard]] token_columns tokenize(const scan_input& input, const kernel& kernel);

/// What a texlexd that serves the default regime must answer for a document, computed here by the reference scanner.
[[nodiscard]] outcome expected_outcome(std::span<const uint8_t> document);

} // namespace texlex::cli
