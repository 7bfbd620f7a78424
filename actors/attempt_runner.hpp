// Runs the kernel over one document after another into arenas of its own: what a worker does, whether it is a thread
// (actors/worker) or a process (actors/worker_process). Knows no CAF. One owner, one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/state/stall_plan.hpp"
#include "kernels/scan.hpp"
#include "runtime/arena.hpp"
#include "runtime/outcome.hpp"
#include "runtime/thread_times.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// How an attempt ended, and with which columns if some were wanted.
struct attempt_end {
  outcome result;
  column_answer_ptr columns{};
};

/// An attempt that is carried out in parts, with others between them.
struct scan_in_parts {
  std::variant<arena_lease, column_scan> memory; ///< what `output` lies in
  scan_input input;
  scan_output output;
  scan_cursor cursor{};
};

class attempt_runner {
public:
  /// Faults the arenas in, so to be made on the thread that runs. Throws std::bad_alloc. `progress`: where it counts
  /// its chunks, for whoever watches it; null: nowhere.
  attempt_runner(lane_id lane, const arena_options& arena, const kernel& kernel, const stall_options& stalls,
                 scan_progress* progress = nullptr);

  /// What ends the worker in the middle of a document: throws, or ends the process.
  using crash_function = void (*)();

  /// Stops at the next chunk once `stop` is set. A document that is to crash is scanned half way first; null: none.
  /// `order`: what is wanted besides counts of the tex view; null: nothing.
  [[nodiscard]] attempt_end run(std::span<const uint8_t> document, const regime& regime, const column_order* order,
                                const std::atomic<bool>& stop, crash_function crash);

  /// The same in parts, at most two at a time; or why it cannot begin.
  [[nodiscard]] std::variant<scan_in_parts, outcome> begin(std::span<const uint8_t> document, const regime& regime,
                                                           const column_order* order);
  /// The next part, of about so many bytes; how it ended, if that was the last one.
  [[nodiscard]] std::optional<attempt_end> go_on(scan_in_parts& begun, uint64_t bytes,
                                                 const std::atomic<bool>& stop) const;

  /// Whether the system took the core away from the attempt that has just ended, after so long.
  [[nodiscard]] bool interrupted(duration took) noexcept;

  [[nodiscard]] arena_usage usage() const noexcept { return arenas_.usage(); }
  [[nodiscard]] uint64_t resident_bytes() const noexcept { return arenas_.resident_bytes(); }
  /// What a worker that is a thread has used, but for the memory of its process.
  [[nodiscard]] worker_report report(lane_id lane, uint32_t core, uint64_t jobs) const noexcept;
  [[nodiscard]] bool locked() const noexcept { return arenas_.locked(); }

private:
  void sleep(duration length, const std::atomic<bool>& stop) const;
  /// In one go; the memory that is not in the end is given back with it.
  attempt_end scan(scan_in_parts begun, const std::atomic<bool>& stop, crash_function crash);

  kernel kernel_;
  stall_plan stalls_;
  arena_pair arenas_;
  core_losses losses_;
  scan_progress* progress_;
};

/// With the memory of this process, which is asked of the system only for a report that is told.
[[nodiscard]] worker_report with_memory(worker_report told) noexcept;

} // namespace texlex
