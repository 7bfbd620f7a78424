#include "kernels/scan.hpp"

#include "runtime/limits.hpp"

namespace texlex {

scan_verdict run_scan(const kernel& kernel, const scan_input& input, scan_cursor& cursor, const scan_output& output,
                      const std::atomic<bool>* stop, scan_progress* progress) {
  while (!cursor.finished) {
    // Relaxed: the flag carries no data, and a chunk later is soon enough.
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return scan_verdict::stopped;
    kernel.advance(input, cursor.offset + limits::scan_chunk_bytes, cursor, output);
    if (progress != nullptr) progress->chunk_done();
  }
  return scan_verdict::finished;
}

} // namespace texlex
