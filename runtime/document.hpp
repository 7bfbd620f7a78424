// The bytes of one document: read once from a socket into memory that is reused, then shared read-only by every
// attempt at it. Memory is not cleared between uses, so nothing but the bytes read may be looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace texlex {

/// A block of bytes of at least the size asked for. One owner writes it; once shared it is read-only.
class document_buffer {
public:
  explicit document_buffer(size_t capacity);

  [[nodiscard]] uint8_t* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const uint8_t* data() const noexcept { return bytes_.get(); }
  [[nodiscard]] size_t capacity() const noexcept { return capacity_; }

private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t capacity_;
};

/// Goes back to its pool when the last copy is gone, on whichever thread that is.
using document_lease = std::shared_ptr<document_buffer>;

/// Keeps the blocks of past documents for the next ones, by size in powers of two, up to a bound of bytes. Thread-safe:
/// the I/O thread takes, and whichever thread ends a request gives back. A lease may outlive its pool.
class document_pool {
public:
  /// Keeps at most `kept_bytes_max` bytes that nobody uses.
  explicit document_pool(size_t kept_bytes_max);

  /// A block of at least `bytes`. Throws std::bad_alloc when the system has no memory.
  [[nodiscard]] document_lease take(size_t bytes);

  /// Bytes kept and used by nobody.
  [[nodiscard]] size_t kept_bytes() const;

private:
  struct shelf;
  std::shared_ptr<shelf> shelf_;
};

} // namespace texlex
