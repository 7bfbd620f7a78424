// What the attempts of a worker's process lie in, as its lane keeps it: which memory the process is to map, where it is
// to write columns, and what they become. Memory that a process has once had to write is never used with another one,
// as whoever goes wrong may write wherever it once could. Knows no CAF. One owner, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "actors/attempt_runner.hpp"
#include "actors/job.hpp"
#include "actors/process_frames.hpp"
#include "actors/state/mapping_slots.hpp"
#include "runtime/document.hpp"
#include "runtime/lending_pool.hpp"
#include "runtime/limits.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// What the process is sent for one attempt.
struct attempt_packets {
  std::optional<columns_frame> columns{}; ///< before the attempt
  int columns_fd = -1;                    ///< passed along with it
  attempt_frame attempt{};                ///< without its number, and whether it is to die
  int document_fd = -1;                   ///< passed along with that; -1: nothing is
};

class process_memory {
public:
  /// Sets aside what the attempt takes until its `end`, or tells what it ends with instead: `overload`, or
  /// `internal_error` if the document is not in shared memory.
  [[nodiscard]] std::variant<attempt_packets, status> begin(const job& job, instant now) noexcept;

  /// How the attempt ended that was begun last, at the same job, by what the process has answered; nothing: so it
  /// cannot have ended, and the process has gone wrong.
  [[nodiscard]] std::optional<attempt_end> end(const job& job, const result_frame& result) noexcept;

  /// Memory that no columns were written to for a while goes back to the system.
  void cool_down(instant now) noexcept;

  [[nodiscard]] uint64_t mapped_bytes() const noexcept { return mapped_.mapped_bytes(); }

private:
  /// For the columns of one attempt.
  struct room {
    document_lease written; ///< by the process
    document_lease copied;  ///< this process's own, that they are copied to; null: `written` itself travels
    bool once = false;      ///< `written` is for this attempt only
    uint32_t slot = 0;      ///< where it is mapped
  };

  /// Throws std::bad_alloc.
  [[nodiscard]] room make_room(const column_order& order, uint64_t document_bytes);
  /// Null if it has none.
  [[nodiscard]] document_lease lend(const column_order& order, uint64_t bytes);
  void map_room(attempt_packets& packets) noexcept;
  [[nodiscard]] static column_answer_ptr answer(const room& from, const job& job, const column_counts& counts);

  mapping_slots mapped_{limits::mapped_documents_bytes_max};
  document_lease desk_; ///< for columns that are copied: kept, as it is small; null until there were some
  std::optional<lending_pool> lender_;
  instant last_lent_{};
  std::optional<room> room_; ///< of the attempt that is under way
};

} // namespace texlex
