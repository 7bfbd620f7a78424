#include "clients/cli/tokenize.hpp"

#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::cli {
namespace {

/// Most documents have fewer issues than this; one that has more is scanned once more with room for all.
constexpr size_t issues_expected = 4096;

} // namespace

token_columns tokenize(const scan_input& input, const kernel& kernel) {
  token_columns columns;
  const auto capacity = static_cast<size_t>(tokens_max(input.document.size()));
  // Not cleared: pages that no token reaches are never touched.
  columns.kinds = std::make_unique_for_overwrite<token_kind[]>(capacity);
  columns.starts = std::make_unique_for_overwrite<uint32_t[]>(capacity);
  columns.issues.resize(issues_expected);
  for (;;) {
    scan_cursor cursor;
    run_scan(kernel, input, cursor, {columns.kinds.get(), columns.starts.get(), columns.issues});
    columns.count = cursor.token_count;
    const bool complete = cursor.issue_count <= columns.issues.size();
    columns.issues.resize(cursor.issue_count);
    if (complete) return columns;
  }
}

outcome expected_outcome(std::span<const uint8_t> document) {
  const auto columns =
    tokenize({document, find_regime(default_regime_name), token_view::tex}, *find_kernel("reference"));
  return {status::ok, static_cast<uint32_t>(columns.count), static_cast<uint32_t>(columns.issues.size()), origin::none};
}

} // namespace texlex::cli
