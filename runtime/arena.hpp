// One attempt's memory: the token columns and issues of one document in a region reserved once. A job and its hedge
// copy share the document but never an arena, or the loser would write into the winner's answer. Its first part stays
// resident (faulted in, and locked where allowed), as a page fault here is a slow request; the rest is for documents
// that seldom come, faulted in by use and given back after it.
//
//   | issues | starts of n + 1 tokens | kinds of n + 1 tokens |  ...        |
//   |<------------- resident part ------------->|<-- demand-faulted, trimmed ->|
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "runtime/arena_region.hpp"
#include "runtime/token.hpp"

namespace texlex {

struct arena_options {
  uint64_t document_bytes_max = 0;      ///< of the longest document it has room for
  uint64_t resident_bytes = 0;          ///< of each arena, at most all of it
  bool lock = false;                    ///< lock the resident part, if the system allows it
  std::shared_ptr<arena_stock> stock{}; ///< where memory comes from and goes back to; null: the system
};

/// Address space one arena takes, of which only the resident part is memory from the start.
[[nodiscard]] uint64_t arena_mapped_bytes(const arena_options& options) noexcept;

/// Where one document's tokens and issues go. What lies there before is unspecified.
struct token_columns {
  std::span<token_kind> kinds;
  std::span<uint32_t> starts;
  std::span<issue> issues;
};

/// Not thread-safe: one lease, one owner.
class arena {
public:
  /// Throws std::bad_alloc if the system refuses the memory.
  explicit arena(const arena_options& options);
  ~arena();
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  /// Columns with room for the tokens of a document of that many bytes; nothing if it is longer than the arena was
  /// made for. What was handed out before is no longer valid.
  [[nodiscard]] std::optional<token_columns> columns_for(uint64_t document_bytes) noexcept;

  /// Ends the use of the columns. True if they reached beyond the resident part, and that was given back.
  bool trim() noexcept;

  [[nodiscard]] size_t region_bytes() const noexcept { return region_.bytes(); }
  [[nodiscard]] size_t resident_bytes() const noexcept { return region_.resident_bytes(); }
  [[nodiscard]] bool locked() const noexcept { return region_.locked(); }

private:
  uint64_t document_bytes_max_;
  std::shared_ptr<arena_stock> stock_;
  arena_region region_;
  size_t used_bytes_ = 0;
};

class arena_pair;

/// The right to one arena of a pair, given back when it goes. Movable: it may travel with an outcome to the thread that
/// writes the answer while the worker goes on with the other arena. May outlive its pair.
class arena_lease {
public:
  arena_lease(arena_lease&&) noexcept = default;
  arena_lease& operator=(arena_lease&& other) noexcept;
  ~arena_lease();

  /// As `arena::columns_for`; counts what it hands out.
  [[nodiscard]] std::optional<token_columns> columns_for(uint64_t document_bytes) noexcept;

private:
  friend class arena_pair;
  struct slots;
  arena_lease(std::shared_ptr<slots> owner, size_t index) : owner_(std::move(owner)), index_(index) {}
  void give_back() noexcept;

  std::shared_ptr<slots> owner_; ///< null once moved from
  size_t index_;
};

/// What a pair has been used for. All counts only grow.
struct arena_usage {
  uint64_t bytes_handed_out = 0; ///< kinds and starts given to attempts
  uint64_t trims = 0;
};

/// Two arenas that take turns.
class arena_pair {
public:
  /// As `arena`, twice: to be called on the thread that will use them, so that the pages lie near its core.
  explicit arena_pair(const arena_options& options);

  /// The arena that is free; nothing if both are leased. Thread-safe, as giving back is.
  [[nodiscard]] std::optional<arena_lease> take() noexcept;

  [[nodiscard]] arena_usage usage() const noexcept;
  [[nodiscard]] uint64_t resident_bytes() const noexcept; ///< of both
  [[nodiscard]] bool locked() const noexcept;             ///< both

private:
  std::shared_ptr<arena_lease::slots> slots_;
};

} // namespace texlex
