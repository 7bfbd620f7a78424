// What a connection writes: bytes of its own, between them columns that are sent from where they lie, and beside them
// descriptors. One sequence, of which the socket takes as much as it does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/uio.h>

namespace texlex {

class outgoing {
public:
  /// So many pieces in one call; columns of one response, and what is before and behind them, at least.
  static constexpr size_t pieces_at_once_max = 32;

  /// Begins anew, and keeps its memory.
  void clear() noexcept {
    own_.clear();
    columns_.clear();
    attached_.clear();
    bytes_ = written_ = 0;
  }

  /// Copies. Throws std::bad_alloc, as does `refer`: then nothing of it may be written.
  void append(std::span<const uint8_t> bytes) {
    own_.insert(own_.end(), bytes.begin(), bytes.end());
    bytes_ += bytes.size();
  }

  /// Behind all so far. It must stay where it is until all is written or cleared.
  void refer(std::span<const uint8_t> column) {
    if (column.empty()) return;
    columns_.push_back({own_.size(), column});
    bytes_ += column.size();
  }

  /// Goes along with the next byte. It must stay open until all is written or cleared.
  void attach(int fd) { attached_.push_back({bytes_, fd}); }

  [[nodiscard]] size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] size_t own_bytes() const noexcept { return own_.size(); }
  [[nodiscard]] bool done() const noexcept { return written_ == bytes_; }
  /// It is in one piece.
  [[nodiscard]] bool whole() const noexcept { return columns_.empty() && attached_.empty(); }
  /// What goes along with what `rest` begins with.
  [[nodiscard]] std::optional<int> descriptor_due() const noexcept;

  /// What is not written yet; of one that is whole.
  [[nodiscard]] std::span<uint8_t> rest() noexcept { return std::span{own_}.subspan(written_); }
  /// Likewise of any, in its pieces, so many at most as there is room for, and about so many bytes, up to where a
  /// descriptor goes along. Returns how many pieces.
  size_t rest(std::span<iovec> pieces, size_t bytes_max) const noexcept;

  void wrote(size_t bytes) noexcept { written_ += bytes; }

private:
  struct referred {
    size_t behind; ///< so many bytes of `own_`
    std::span<const uint8_t> bytes;
  };

  struct attached {
    size_t at; ///< of all bytes
    int fd;
  };

  std::vector<uint8_t> own_;
  std::vector<attached> attached_;
  std::vector<referred> columns_;
  size_t bytes_ = 0, written_ = 0; ///< of both
};

} // namespace texlex
