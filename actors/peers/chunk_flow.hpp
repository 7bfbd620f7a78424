// Long texts in chunks, many at a time over one connection: each gets a chunk in its turn, so that a short one does not
// wait for a long one, and no more is under way than the other end has room for. So what lies in the connection is
// bounded, and a heartbeat waits for no document: where a way is narrow the window shrinks until what lies in it is
// there within a bound of time (as LEDBAT has it, RFC 6817), and grows again by a chunk at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

/// The end that sends.
class chunk_sender {
public:
  /// Chunks are at most half of the window: beside one that is to go there may be some that the other end need not tell
  /// of yet.
  chunk_sender(uint64_t window_bytes_max, uint64_t chunk_bytes, duration delay_max = std::chrono::milliseconds{100})
    : window_bytes_max_(window_bytes_max), chunk_bytes_(std::clamp<uint64_t>(window_bytes_max / 2, 1, chunk_bytes)),
      delay_max_(delay_max), window_bytes_(std::min(window_bytes_max, 8 * chunk_bytes_)) {}

  struct part {
    uint64_t number = 0; ///< of the text
    uint64_t offset = 0; ///< in it
    uint64_t bytes = 0;
    bool last = false; ///< of its text
    bool tell = false; ///< the other end is to say that it has taken this
  };

  /// A text is to go: at least one byte, a number of its own.
  void begin(uint64_t number, uint64_t bytes);
  /// Nobody wants the rest of it.
  void drop(uint64_t number) noexcept;

  /// What is to be sent now; nothing: all is, or the other end must take some first.
  [[nodiscard]] std::optional<part> next(instant now);

  /// The other end has taken so much in all. False: more than there was.
  [[nodiscard]] bool taken(uint64_t bytes_in_all, instant now) noexcept;

  [[nodiscard]] bool idle() const noexcept { return texts_.empty(); }
  [[nodiscard]] uint64_t under_way() const noexcept { return sent_ - taken_; }
  [[nodiscard]] uint64_t window_bytes() const noexcept { return window_bytes_; }

private:
  struct text {
    uint64_t number = 0;
    uint64_t bytes = 0;
    uint64_t sent = 0;
  };

  /// When the bytes before it had been sent.
  struct mark {
    uint64_t sent = 0;
    instant at{};
  };

  void adjust(duration delay) noexcept;

  uint64_t window_bytes_max_;
  uint64_t chunk_bytes_;
  duration delay_max_;
  uint64_t window_bytes_; ///< now
  bool limited_ = false;  ///< by the window, since it was adjusted
  uint64_t untold_ = 0;   ///< sent since the last that is to be told of
  uint64_t judged_ = 0;   ///< bytes that were sent before it shrank last
  std::deque<mark> marks_;
  std::deque<text> texts_; ///< the first one is next
  uint64_t sent_ = 0, taken_ = 0;
};

/// The end that takes: how much it has.
class chunk_receiver {
public:
  explicit chunk_receiver(uint64_t window_bytes) : window_bytes_(window_bytes) {}

  /// A chunk came. False: the sender had no room for it.
  [[nodiscard]] bool came(uint64_t bytes) noexcept;

  /// What came in all, which is told now.
  [[nodiscard]] uint64_t tell() noexcept { return told_ = came_; }

private:
  uint64_t window_bytes_;
  uint64_t came_ = 0, told_ = 0;
};

} // namespace texlex
