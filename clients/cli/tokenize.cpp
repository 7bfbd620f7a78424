#include "clients/cli/tokenize.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/memory.hpp"

namespace texlex::cli {
namespace {

/// Most documents have fewer issues than this; one that has more is scanned once more with room for as many as wanted.
constexpr uint64_t issues_expected = 4096;

} // namespace

token_columns tokenize(const scan_input& input, const kernel& kernel, uint64_t issues_max) {
  token_columns columns;
  const uint64_t bytes = input.document.size();
  // Not cleared: pages that no token reaches are never touched.
  columns.kinds = std::make_unique_for_overwrite<token_kind[]>(static_cast<size_t>(tokens_max(bytes)));
  columns.start_bits = std::make_unique_for_overwrite<uint64_t[]>(static_cast<size_t>(start_words(bytes)));
  prefer_huge_pages(columns.kinds.get(), static_cast<size_t>(tokens_max(bytes)));
  prefer_huge_pages(columns.start_bits.get(), static_cast<size_t>(start_words(bytes)) * sizeof(uint64_t));
  columns.issues.resize(static_cast<size_t>(std::min(issues_max, issues_expected)));
  for (;;) {
    scan_cursor cursor;
    run_scan(kernel, input, cursor, {columns.kinds.get(), nullptr, columns.issues, columns.start_bits.get()});
    columns.count = cursor.token_count;
    columns.issue_count = cursor.issue_count;
    const uint64_t wanted = std::min(issues_max, cursor.issue_count);
    const bool complete = wanted <= columns.issues.size();
    columns.issues.resize(static_cast<size_t>(wanted));
    if (complete) return columns;
  }
}

outcome expected_outcome(std::span<const uint8_t> document) {
  const auto columns =
    tokenize({document, find_regime(default_regime_name), token_view::tex}, *find_kernel("reference"), 0);
  return {status::ok, static_cast<uint32_t>(columns.count), static_cast<uint32_t>(columns.issue_count), origin::none};
}

} // namespace texlex::cli
