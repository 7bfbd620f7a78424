// The columns of one answer: what is asked for, where they are written, and what becomes of them. A worker writes them
// into memory that its job brings along, not into its own: so they travel to the connection that asked, which sends
// them from there, while the worker goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <boost/container/static_vector.hpp>

#include "kernels/scan.hpp"
#include "runtime/document.hpp"
#include "runtime/lending_pool.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex {

/// What a job is to be answered with, besides counts of the tex view.
struct column_order {
  uint32_t columns = 0; ///< bits of `column_set`
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
  uint32_t issues_told_max = 0;
  std::optional<document_pool> memory;    ///< for the columns; there if any are wanted
  std::shared_ptr<lending_pool> lender{}; ///< what they lie in rather, if they may be lent and it has some
  /// What all workers that are processes may have together, for columns in memory that they share with this one; null:
  /// nothing, and columns of theirs are copied into `memory`.
  std::shared_ptr<const lending_quotas> process_quotas{};
  document_lease place{}; ///< what they lie in rather than any of these: it is settled already
};

/// How much memory they take at most for a document of so many bytes.
[[nodiscard]] uint64_t column_memory_bytes(const column_order& order, uint64_t document_bytes) noexcept;

/// Memory for them, of the kind that the order wants, or nothing if there is none.
[[nodiscard]] std::optional<document_lease> take_column_memory(const column_order& order,
                                                               uint64_t document_bytes) noexcept;

/// What was found in a document. With the order and the document's length it tells where the columns lie in the memory
/// they were written to, and how long each is.
struct column_counts {
  uint64_t tokens = 0;
  uint64_t issues = 0; ///< in all, told or not
  uint64_t name_bytes = 0;
};

/// Whether that many can be found at all, if those columns are wanted: if so, they lie within their memory.
[[nodiscard]] bool are_possible(const column_counts& counts, uint32_t columns, uint64_t document_bytes) noexcept;

/// Columns that are done, in memory that goes back to its pool with the last who has them.
struct column_answer {
  document_lease memory;
  boost::container::static_vector<column_bytes, column_id_count> columns;
  uint32_t issues_told = 0;
  uint64_t bytes = 0; ///< they hold of `memory` at most, until they are gone

  /// The bytes of one of them; empty if it was not wanted.
  [[nodiscard]] std::span<const uint8_t> column(column_id id) const noexcept {
    for (const column_bytes& each : columns)
      if (each.id == id) return each.bytes;
    return {};
  }

  /// All of the memory that can be lent to a client, to map it; empty if it cannot.
  [[nodiscard]] std::span<const uint8_t> lent() const noexcept {
    const shared_memory* const shared = memory ? memory->shared() : nullptr;
    return shared ? std::span{shared->data(), shared->bytes()} : std::span<const uint8_t>{};
  }
};
using column_answer_ptr = std::shared_ptr<const column_answer>;

/// The columns that were written to `memory`; `counts` must be possible. Writes zeros behind each and nothing else.
/// Throws std::bad_alloc.
[[nodiscard]] column_answer_ptr columns_in(document_lease memory, const column_order& order, uint64_t document_bytes,
                                           const column_counts& counts);

/// Columns on their way: one attempt's own.
class column_scan {
public:
  /// Memory for them, or nothing if there is none.
  [[nodiscard]] static std::optional<column_scan> begin(const column_order& order, const scan_input& input) noexcept;

  [[nodiscard]] scan_output output() const noexcept;

  /// Once the scan has finished there: derives what is wanted, and tells `progress` like a scan does; null: nobody.
  /// Null: `stop` was set. Throws std::bad_alloc.
  [[nodiscard]] column_answer_ptr finish(const scan_cursor& finished, const std::atomic<bool>& stop,
                                         scan_progress* progress = nullptr);

private:
  column_scan(const column_order& order, const scan_input& input, document_lease memory) noexcept
    : order_(&order), input_(input), memory_(std::move(memory)) {}

  const column_order* order_;
  scan_input input_;
  document_lease memory_;
};

} // namespace texlex
