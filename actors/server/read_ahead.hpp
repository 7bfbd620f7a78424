// What a connection has read and not yet taken: small frames come whole in one read, and several together. Of a large
// document only what lies here is copied; the rest is read straight into its memory.
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
  /// A connection that never sends takes no memory. Throws `std::bad_alloc`.
  void allocate() { memory_ = std::make_unique_for_overwrite<uint8_t[]>(limits::read_ahead_bytes); }
  [[nodiscard]] bool allocated() const noexcept { return memory_ != nullptr; }

  [[nodiscard]] size_t bytes() const noexcept { return end_ - begin_; }

  /// Of its room all is taken, or all but what a header that is taken has left.
  [[nodiscard]] bool nearly_full() const noexcept { return bytes() + frame_header_bytes >= limits::read_ahead_bytes; }

  /// Where to read to; what is there moves to the front first. Never empty while less than a buffer is there.
  [[nodiscard]] std::span<uint8_t> room() noexcept {
    if (begin_ > 0) std::copy(memory_.get() + begin_, memory_.get() + end_, memory_.get());
    end_ = bytes();
    begin_ = 0;
    return {memory_.get() + end_, limits::read_ahead_bytes - end_};
  }
  void was_read(size_t bytes) noexcept { end_ += bytes; }

  /// The first bytes, so many at most; they hold until `room`.
  [[nodiscard]] std::span<const uint8_t> take(size_t bytes_max) noexcept {
    const size_t taken = std::min(bytes(), bytes_max);
    begin_ += taken;
    return {memory_.get() + (begin_ - taken), taken};
  }
  void drop() noexcept { begin_ = end_; }

private:
  std::unique_ptr<uint8_t[]> memory_;
  size_t begin_ = 0, end_ = 0;
};

} // namespace texlex
