// A document's tokens as the library keeps them: what `texlex_tokens` is to its users.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>

#include "kernels/api/settings.hpp"
#include "kernels/scan.hpp"

/// Immutable once made, except that the column of starts is made when somebody asks for it first. A scan into a bitmap
/// touches a quarter of the memory, and page faults cost more than the scan.
struct texlex_tokens {
  /// May throw std::bad_alloc.
  texlex_tokens(std::span<const uint8_t> document, const texlex::api::settings& how);

  [[nodiscard]] const uint32_t* starts() const;
  [[nodiscard]] std::span<const texlex::issue> issues_kept() const noexcept;

  texlex::api::settings how;
  std::unique_ptr<uint8_t[]> copy; ///< of the document, if it was asked for
  std::span<const uint8_t> document;
  const texlex::token_kind* kinds = nullptr;
  const uint64_t* start_bits = nullptr;
  uint64_t count = 0;
  uint64_t issue_count = 0;

private:
  void scan();

  std::unique_ptr<uint64_t[]> memory_; ///< the bitmap of starts, issues, kinds: one block, as each costs a system call
  std::span<texlex::issue> issues_;

  mutable std::mutex making_starts_;
  mutable std::unique_ptr<uint32_t[]> starts_;
  mutable std::atomic<const uint32_t*> starts_made_ = nullptr; ///< what `starts_` holds, for those who come later
};
