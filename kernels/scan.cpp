#include "kernels/scan.hpp"

#include "kernels/encoding_issue.hpp"
#include "runtime/limits.hpp"

namespace texlex {

void advance_scan(const kernel& kernel, const scan_input& input, uint64_t limit, scan_cursor& cursor,
                  const scan_output& output) {
  const auto whole = encoding_issue(input.document, input.regime->encoding);
  if (!whole) return kernel.advance(input, limit, cursor, output);
  if (cursor.offset == 0 && cursor.issue_count == 0) {
    if (!output.issues.empty()) output.issues[0] = {*whole, 0};
    cursor.issue_count = 1;
  }
  if (*whole != issue_kind::utf16_text) return kernel.advance(input, limit, cursor, output);
  scan_output without_issues = output;
  without_issues.issues = {};
  kernel.advance(input, limit, cursor, without_issues);
  cursor.issue_count = 1;
}

scan_verdict run_scan(const kernel& kernel, const scan_input& input, scan_cursor& cursor, const scan_output& output,
                      const std::atomic<bool>* stop, scan_progress* progress) {
  while (!cursor.finished) {
    // Relaxed: the flag carries no data, and a chunk later is soon enough.
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return scan_verdict::stopped;
    advance_scan(kernel, input, cursor.offset + limits::scan_chunk_bytes, cursor, output);
    if (progress != nullptr) progress->chunk_done();
  }
  return scan_verdict::finished;
}

} // namespace texlex
