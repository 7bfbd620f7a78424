#include "actors/attempt_runner.hpp"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include "runtime/memory.hpp"

namespace texlex {
namespace {

constexpr std::chrono::microseconds stall_nap{200};

// Whoever loses its core loses it for longer than that; for less it is not worth to ask.
constexpr std::chrono::microseconds interruption_min{20};

outcome counts_of(const scan_cursor& finished) noexcept {
  return {.status = status::ok,
          .token_count = static_cast<uint32_t>(finished.token_count),
          .issue_count = static_cast<uint32_t>(finished.issue_count)};
}

attempt_end end_of(scan_in_parts& finished, const std::atomic<bool>& stop, scan_progress* progress) {
  auto* const columns = std::get_if<column_scan>(&finished.memory);
  if (columns == nullptr) return {counts_of(finished.cursor)};
  try {
    auto answer = columns->finish(finished.cursor, stop, progress);
    if (!answer) return {{.status = status::cancelled}};
    return {counts_of(finished.cursor), std::move(answer)};
  } catch (const std::bad_alloc&) {
    return {{.status = status::overload}};
  }
}

} // namespace

attempt_runner::attempt_runner(lane_id lane, const arena_options& arena, const texlex::kernel& kernel,
                               const stall_options& stalls, scan_progress* progress)
  : kernel_(kernel), stalls_(stalls, lane.value), arenas_(arena), progress_(progress) {}

attempt_end attempt_runner::run(std::span<const uint8_t> document, const regime& regime, const column_order* order,
                                const std::atomic<bool>& stop, crash_function crash) {
  const auto stall = stalls_.next();
  if (stall && !stalls_.options().after) sleep(*stall, stop);
  auto begun = begin(document, regime, order);
  if (const auto* const instead = std::get_if<outcome>(&begun)) return {*instead};
  attempt_end end = scan(std::get<scan_in_parts>(std::move(begun)), stop, crash);
  if (stall && stalls_.options().after) sleep(*stall, stop);
  return end;
}

// In naps, as a stalled attempt that is no longer wanted may end, unless it is to be deaf.
void attempt_runner::sleep(duration length, const std::atomic<bool>& stop) const {
  const instant until = now() + length;
  for (instant at = now(); at < until; at = now()) {
    if (!stalls_.options().deaf && stop.load(std::memory_order_relaxed)) return;
    std::this_thread::sleep_for(std::min<duration>(until - at, stall_nap));
  }
}

// Columns go to memory that the job brings along, so that they can travel; what is only counted to the worker's own.
std::variant<scan_in_parts, outcome> attempt_runner::begin(std::span<const uint8_t> document, const regime& regime,
                                                           const column_order* order) {
  const scan_input input{document, &regime, order != nullptr ? order->view : token_view::tex};
  if (order != nullptr && order->columns != 0) {
    auto columns = column_scan::begin(*order, input);
    if (!columns) return outcome{.status = status::overload};
    const scan_output output = columns->output();
    return scan_in_parts{.memory = std::move(*columns), .input = input, .output = output};
  }
  auto lease = arenas_.take();
  if (!lease) return outcome{.status = status::internal_error}; // two jobs at a time need both, and none has more
  const auto columns = lease->columns_for(document.size());
  if (!columns) return outcome{.status = status::document_too_large};
  const scan_output output{columns->kinds.data(), columns->starts.data(), columns->issues};
  return scan_in_parts{.memory = std::move(*lease), .input = input, .output = output};
}

attempt_end attempt_runner::scan(scan_in_parts begun, const std::atomic<bool>& stop, crash_function crash) {
  auto& [memory, input, output, cursor] = begun;
  if (crash != nullptr) {
    advance_scan(kernel_, input, input.document.size() / 2, cursor, output);
    crash();
  }
  if (run_scan(kernel_, input, cursor, output, &stop, progress_) == scan_verdict::stopped)
    return {{.status = status::cancelled}};
  return end_of(begun, stop, progress_);
}

std::optional<attempt_end> attempt_runner::go_on(scan_in_parts& begun, uint64_t bytes,
                                                 const std::atomic<bool>& stop) const {
  if (stop.load(std::memory_order_relaxed)) return attempt_end{{.status = status::cancelled}};
  advance_scan(kernel_, begun.input, begun.cursor.offset + bytes, begun.cursor, begun.output);
  if (!begun.cursor.finished) return std::nullopt;
  return end_of(begun, stop, progress_);
}

bool attempt_runner::interrupted(duration took) noexcept {
  return took >= interruption_min && losses_.any_since_last_look();
}

worker_report attempt_runner::report(lane_id lane, uint32_t core, uint64_t jobs) const noexcept {
  const arena_usage used = usage();
  return {.lane = lane,
          .core = core,
          .jobs = jobs,
          .bytes_handed_out = used.bytes_handed_out,
          .trims = used.trims,
          .live_bytes = resident_bytes()};
}

worker_report with_memory(worker_report told) noexcept {
  told.resident_bytes = resident_bytes().value_or(0);
  return told;
}

} // namespace texlex
