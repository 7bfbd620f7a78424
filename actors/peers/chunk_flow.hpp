// Long texts in chunks, many at a time over one connection: each gets a chunk in its turn, so that a short one does not
// wait for a long one, and no more is under way than the other end has room for. So what lies in the connection is
// bounded, and a heartbeat waits for no document.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

namespace texlex {

/// The end that sends.
class chunk_sender {
public:
  /// Chunks are at most half of the window: beside one that is to go there may be some that the other end has, and has
  /// not told of yet.
  chunk_sender(uint64_t window_bytes, uint64_t chunk_bytes)
    : window_bytes_(window_bytes), chunk_bytes_(std::clamp<uint64_t>(window_bytes / 2, 1, chunk_bytes)) {}

  struct part {
    uint64_t number = 0; ///< of the text
    uint64_t offset = 0; ///< in it
    uint64_t bytes = 0;
    bool last = false; ///< of its text
  };

  /// A text is to go: at least one byte, a number of its own.
  void begin(uint64_t number, uint64_t bytes);
  /// Nobody wants the rest of it.
  void drop(uint64_t number) noexcept;

  /// What is to be sent now; nothing: all is, or the other end must take some first.
  [[nodiscard]] std::optional<part> next();

  /// The other end has taken so much in all. False: more than there was.
  [[nodiscard]] bool taken(uint64_t bytes_in_all) noexcept;

  [[nodiscard]] bool idle() const noexcept { return texts_.empty(); }
  [[nodiscard]] uint64_t under_way() const noexcept { return sent_ - taken_; }

private:
  struct text {
    uint64_t number = 0;
    uint64_t bytes = 0;
    uint64_t sent = 0;
  };

  uint64_t window_bytes_;
  uint64_t chunk_bytes_;
  std::deque<text> texts_; ///< the first one is next
  uint64_t sent_ = 0, taken_ = 0;
};

/// The end that takes: how much it has, and when to say so.
class chunk_receiver {
public:
  explicit chunk_receiver(uint64_t window_bytes) : window_bytes_(window_bytes) {}

  /// A chunk came. False: the sender had no room for it.
  [[nodiscard]] bool came(uint64_t bytes) noexcept;

  /// What to tell, once enough came since it was told last.
  [[nodiscard]] std::optional<uint64_t> due() noexcept;

private:
  uint64_t window_bytes_;
  uint64_t came_ = 0, told_ = 0;
};

} // namespace texlex
