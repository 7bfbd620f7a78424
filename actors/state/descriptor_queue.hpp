// Descriptors that came along with a connection's bytes, until the frames are there whose they are. The system tells of
// one with the bytes that are read together with it: those may begin before the frame's first byte, and end behind it,
// but no read goes on past a descriptor (unix(7)), so that frames and descriptors stay in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include <boost/container/static_vector.hpp>

#include "runtime/limits.hpp"
#include "runtime/outcome.hpp"
#include "runtime/quota.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class descriptor_queue {
public:
  struct arrival {
    uint64_t begin, end; ///< the bytes of the connection that were read with it
    owned_fd fd;         ///< closed: it was lost on its way
    bool several = false;
    quota_share share; ///< of all that wait
  };

  /// Beyond the bound, or without a share, it is closed here and counts as lost.
  void arrived(arrival with) noexcept {
    if (with.begin == with.end) return;
    if (!with.share.held()) with.fd.close();
    if (waiting_.size() == waiting_.capacity()) return;
    waiting_.push_back(std::move(with));
  }

  /// What came with the frame that begins there; or why it cannot be had: `descriptor_lost`, or `bad_descriptor` as
  /// there were several. What came with earlier frames, and nobody asked for, is closed.
  [[nodiscard]] std::variant<owned_fd, status> take(uint64_t frame_begin) noexcept {
    forget_before(frame_begin);
    if (waiting_.empty() || waiting_.front().begin > frame_begin) return status::descriptor_lost;
    arrival with = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    if (with.several) return status::bad_descriptor;
    if (!with.fd.is_open()) return status::descriptor_lost;
    return std::move(with.fd);
  }

  /// All frames that begin before have been seen to.
  void forget_before(uint64_t frame_begin) noexcept {
    while (!waiting_.empty() && waiting_.front().end <= frame_begin) waiting_.erase(waiting_.begin());
  }

  void clear() noexcept { waiting_.clear(); }
  [[nodiscard]] size_t size() const noexcept { return waiting_.size(); }

private:
  boost::container::static_vector<arrival, limits::descriptors_waiting_max> waiting_;
};

} // namespace texlex
