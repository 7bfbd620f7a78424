// The memory of one arena: address space with a part that stays resident. Making one takes milliseconds and a core's
// attention for page faults, so what a worker that is replaced leaves is kept for the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "runtime/limits.hpp"

namespace texlex {

/// Movable; what was moved from may only be destroyed or assigned to.
class arena_region {
public:
  /// Reserves `bytes`, and faults in and, if asked, locks the first `resident_bytes`. Throws std::bad_alloc.
  arena_region(size_t bytes, size_t resident_bytes, bool lock);

  [[nodiscard]] std::byte* begin() const noexcept { return begin_; }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] size_t resident_bytes() const noexcept { return resident_bytes_; }
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  /// Gives all but the resident part back.
  void trim() noexcept;

  /// Address space that a region takes.
  [[nodiscard]] static size_t mapped_bytes(size_t bytes) noexcept;

private:
  friend class arena_stock;
  struct unmap {
    size_t bytes;
    void operator()(void* address) const noexcept;
  };

  /// The region, and what precedes it up to a huge page.
  std::unique_ptr<void, unmap> mapped_;
  std::byte* begin_ = nullptr;
  size_t bytes_;
  size_t resident_bytes_;
  bool locked_ = false;
  bool to_be_locked_;
  unsigned node_; ///< of memory, of the core that faulted it in
};

/// Regions that nobody uses, `limits::spare_arenas_max` of them at most. Thread-safe.
class arena_stock {
public:
  /// One like that, near the calling thread's core, if there is one; else a new one, for which all others are given
  /// back if the system has no memory. Throws std::bad_alloc.
  [[nodiscard]] arena_region take(size_t bytes, size_t resident_bytes, bool lock);
  /// Kept, or given back to the system if there are enough.
  void put(arena_region&& region) noexcept;

  [[nodiscard]] size_t size() const noexcept;

private:
  [[nodiscard]] bool give_all_back() noexcept; ///< false: there was none
  [[nodiscard]] std::optional<arena_region> find(size_t bytes, size_t resident_bytes, bool lock) noexcept;

  mutable std::mutex mutex_; // held for a move; taken when a worker begins or ends
  std::array<std::optional<arena_region>, limits::spare_arenas_max> spare_;
};

} // namespace texlex
