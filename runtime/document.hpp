// The bytes of one document: read once from a socket into memory that is reused, then shared read-only by every
// attempt at it, in other processes too if the pool's memory is shared. Memory is not cleared between uses, so nothing
// but the bytes read may be looked at.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "runtime/limits.hpp"
#include "runtime/quota.hpp"
#include "runtime/shared_memory.hpp"

namespace texlex {

/// Whose memory documents lie in.
enum class document_memory : uint8_t {
  own,    ///< the process's alone
  shared, ///< each block in a `shared_memory`, behind a `shared_document_header`
  common, ///< each block in a `common_memory`: another process writes it, and it is no document
};

/// What lies in front of a document in shared memory, a cache line of its own.
struct alignas(64) shared_document_header {
  std::atomic<bool> stop = false; ///< of the job on this document; see `stop_flag` in actors/job.hpp
};
static_assert(std::atomic<bool>::is_always_lock_free); // else processes could not share it

/// Bytes of the block in shared memory that takes a document of so many, and the length a frame has in front of it.
[[nodiscard]] uint64_t shared_document_bytes(uint64_t document_bytes) noexcept;

/// A block of bytes of at least the size asked for. One owner writes it; once shared it is read-only.
class document_buffer {
public:
  /// Throws std::bad_alloc when the system has no memory, or no file left for shared memory.
  explicit document_buffer(size_t capacity, document_memory memory = document_memory::own);
  /// Bytes that somebody else keeps for as long as this lives.
  explicit document_buffer(std::span<uint8_t> kept_elsewhere) noexcept
    : data_(kept_elsewhere.data()), capacity_(kept_elsewhere.size()) {}

  [[nodiscard]] uint8_t* data() noexcept { return data_; }
  [[nodiscard]] const uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t capacity() const noexcept { return capacity_; }

  /// What another process is to map to see these bytes, header first; null if it is not to.
  [[nodiscard]] const shared_memory* shared() const noexcept { return shared_.get(); }
  /// What another process is to map to write these bytes, the first of them first; null if it is not to.
  [[nodiscard]] const common_memory* common() const noexcept { return common_.get(); }
  [[nodiscard]] shared_document_header* shared_header() noexcept { return header_; }

private:
  friend class document_pool;

  std::unique_ptr<document_buffer> behind_; ///< the next one of those its pool keeps
  std::unique_ptr<uint8_t[]> own_;
  std::unique_ptr<shared_memory> shared_;
  std::unique_ptr<common_memory> common_;
  shared_document_header* header_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t capacity_;
};

/// Goes back to its pool when the last copy is gone, on whichever thread that is.
using document_lease = std::shared_ptr<document_buffer>;

/// Keeps the blocks of past documents for the next ones, by size in powers of two, up to a bound of bytes. Thread-safe:
/// the I/O thread takes, and whichever thread ends a request gives back. A lease may outlive its pool.
class document_pool {
public:
  /// Keeps at most `kept_bytes_max` bytes that nobody uses, and at most `shared_kept_max` shared blocks, as each of
  /// them is an open file.
  explicit document_pool(size_t kept_bytes_max, document_memory memory = document_memory::own,
                         size_t shared_kept_max = limits::shared_documents_kept_max);

  /// Own memory. Bytes that are with others, as they were asked for, are taken of `leased_bytes`.
  document_pool(size_t kept_bytes_max, std::shared_ptr<quota> leased_bytes);

  /// A block of at least `bytes`. Throws as `document_buffer` does, and std::bad_alloc if too many are leased.
  [[nodiscard]] document_lease take(size_t bytes);

  /// Bytes kept and used by nobody.
  [[nodiscard]] size_t kept_bytes() const;

private:
  struct shelf;
  [[nodiscard]] document_lease take_counted(size_t bytes);

  std::shared_ptr<shelf> shelf_;
};

} // namespace texlex
