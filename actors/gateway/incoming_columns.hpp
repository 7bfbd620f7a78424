// Columns that come from another node in pieces, and are put together in this node's memory. What the peer says of them
// is checked: it may be hostile. No CAF.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/column_answer.hpp"

namespace texlex {

class incoming_columns {
public:
  enum class verdict : uint8_t { ready, impossible, no_memory };

  /// So many are on their way, of a document so long.
  [[nodiscard]] verdict begin(const column_order& order, uint64_t document_bytes, const column_counts& counts);

  /// Bytes of all columns, one behind the other, from `offset` on. False: they are not the next ones, or there are no
  /// such. Where there is no memory for them they are passed over.
  [[nodiscard]] bool put(uint64_t offset, std::string_view bytes) noexcept;

  [[nodiscard]] bool short_of_memory() const noexcept { return short_of_memory_; }

  /// What came, once all has; else null.
  [[nodiscard]] column_answer_ptr finish() noexcept;

private:
  bool short_of_memory_ = false;
  column_answer_ptr answer_;
  uint64_t bytes_ = 0, came_ = 0;
};

/// How many bytes the columns of an answer are, one behind the other.
[[nodiscard]] uint64_t bytes_of(const column_answer& answer) noexcept;

/// Some of them, at most up to the end of a column.
[[nodiscard]] std::string_view piece_of(const column_answer& answer, uint64_t offset, uint64_t bytes_max) noexcept;

} // namespace texlex
