// Memory that one other process maps: it is lent to a client, which reads what is written here, or to a worker's
// process, which writes it. Each block is a file of its own, sealed as `shared_memory` or `common_memory` is. What
// comes back is lent again to the same borrower and to nobody else, as whoever has had a block may still see what is
// written there later, or write there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/document.hpp"
#include "runtime/quota.hpp"

namespace texlex {

/// What all borrowers of one kind may have together.
struct lending_quotas {
  std::shared_ptr<quota> bytes;      ///< lent, or being written in order to be
  std::shared_ptr<quota> files;      ///< lent, being written, or kept
  std::shared_ptr<quota> kept_bytes; ///< that have come back and were not lent again yet
};

/// Of one borrower. Thread-safe: workers take, and whichever thread has done with a block gives back. A lease may
/// outlive its pool.
class lending_pool {
public:
  /// `bytes_max`, `files_max`: this borrower's own bounds. `memory`: shared, or common if the borrower writes.
  lending_pool(const lending_quotas& all, uint64_t bytes_max, uint64_t files_max,
               document_memory memory = document_memory::shared);

  /// At least so many bytes, which hold anything; null where a quota is used up or the system has no memory or file.
  [[nodiscard]] document_lease take(size_t bytes) noexcept;

  /// What has come back goes to the system.
  void forget_kept() noexcept;

  /// Blocks that are with somebody.
  [[nodiscard]] uint64_t lent() const noexcept;

private:
  struct shelf;

  std::shared_ptr<shelf> shelf_;
};

} // namespace texlex
