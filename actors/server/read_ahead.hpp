// What a connection has read and not yet taken: small frames come whole in one read, and several together. Of a large
// document only what lies here is copied; the rest is read straight into its memory.
//
// Read into memory that all connections share, so that it stays in the caches and no page of it is new; what is left
// when others need that, mostly nothing or a part of a frame, is kept in memory of the connection's own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/frame.hpp"
#include "runtime/limits.hpp"

namespace texlex {

class read_ahead {
public:
  [[nodiscard]] size_t bytes() const noexcept { return end_ - begin_; }

  /// There is so much of a frame that it is worth memory of its own, if it is not all of it.
  [[nodiscard]] bool nearly_full() const noexcept { return bytes() + frame_header_bytes >= limits::read_ahead_bytes; }

  /// Where to read to, behind what is there, which moves to the front of `shared`. That is longer than what is there,
  /// and nobody else's until `keep`.
  [[nodiscard]] std::span<uint8_t> room(std::span<uint8_t> shared) noexcept {
    const size_t there = bytes();
    std::copy(at_ + begin_, at_ + end_, shared.data()); // forwards: it may lie further behind in the same memory
    at_ = shared.data();
    begin_ = 0;
    end_ = there;
    return shared.subspan(there);
  }
  void was_read(size_t bytes) noexcept { end_ += bytes; }

  /// The first bytes, so many at most; they hold until `room` or `keep`.
  [[nodiscard]] std::span<const uint8_t> take(size_t bytes_max) noexcept {
    const size_t taken = std::min(bytes(), bytes_max);
    begin_ += taken;
    return {at_ + (begin_ - taken), taken};
  }
  void drop() noexcept { begin_ = end_; }

  /// What is there is the connection's own from now on. Throws `std::bad_alloc`, and then nothing of it may be used.
  void keep() {
    const size_t there = bytes();
    if (there == 0) return keep_nothing();
    if (at_ == own_.get()) return;
    const size_t wanted = there > limits::read_ahead_bytes ? limits::long_read_ahead_bytes : limits::read_ahead_bytes;
    if (own_bytes_ != wanted) {
      own_ = std::make_unique_for_overwrite<uint8_t[]>(wanted);
      own_bytes_ = wanted;
    }
    std::copy(at_ + begin_, at_ + end_, own_.get());
    at_ = own_.get();
    begin_ = 0;
    end_ = there;
  }
  /// It keeps more than the usual.
  [[nodiscard]] bool is_long() const noexcept { return own_bytes_ > limits::read_ahead_bytes; }

private:
  void keep_nothing() noexcept {
    begin_ = end_ = 0;
    if (!is_long()) return;
    own_.reset();
    own_bytes_ = 0;
    at_ = nullptr;
  }

  std::unique_ptr<uint8_t[]> own_; ///< a connection that never leaves anything has none
  size_t own_bytes_ = 0;
  uint8_t* at_ = nullptr; ///< `own_`, or what is shared
  size_t begin_ = 0, end_ = 0;
};

} // namespace texlex
