// How long bytes have lain in a socket before they are read, where more comes in than is read. A ruler is laid into the
// stream: what is unread at one instant, so many bytes, has certainly waited since then when its last byte is read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "runtime/time.hpp"

namespace texlex {

class backlog_ruler {
public:
  /// Nothing is known of what lies unread: it is worth a look.
  [[nodiscard]] bool wanted() const noexcept { return left_ == 0; }

  /// So many bytes are unread now.
  void lay(size_t unread, instant now) noexcept {
    left_ = unread;
    laid_ = now;
  }

  /// `bytes` are read, for all that is known as soon as they came.
  void read(size_t bytes, instant now) noexcept {
    if (left_ == 0) return;
    if (bytes < left_) {
      left_ -= bytes;
      return;
    }
    left_ = 0;
    wait_ = now - laid_;
  }

  /// The socket was found empty.
  void emptied(instant now) noexcept {
    left_ = 0;
    wait_ = duration::zero();
    emptied_ = now;
  }

  /// When what is read now could have been read, as far as is known. `seen`: when the loop may first have seen that
  /// there was something, which, where very many sockets have something, is long ago and tells little.
  [[nodiscard]] instant arrived(instant now, instant seen) const noexcept {
    if (left_ > 0) return now - std::max(wait_, now - laid_);
    if (wait_ > duration::zero()) return now - wait_;
    return std::max(seen, emptied_);
  }

private:
  size_t left_ = 0;
  instant laid_;
  duration wait_{};
  instant emptied_ = instant::min();
};

} // namespace texlex
