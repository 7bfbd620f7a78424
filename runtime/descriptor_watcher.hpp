// Whoever watches a descriptor, as an event loop tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/socket_batch.hpp"

namespace texlex {

/// Must outlive the pass in which its watch ends, as it may be in the batch at hand. Nothing here may throw.
class descriptor_watcher {
public:
  /// `events` as of epoll: EPOLLIN, EPOLLOUT, and unasked EPOLLERR, EPOLLHUP.
  virtual void ready(uint32_t events) noexcept = 0;

  /// Asked when there is something to read and others have something too, or when there may be: what is to be received
  /// along with others' operations, so that `received` is told instead of `ready`. Nothing: `ready` is told in time.
  /// It may use `memory` until then.
  virtual std::optional<socket_operation> wants_to_receive(std::span<uint8_t> /*memory*/) noexcept {
    return std::nullopt;
  }
  /// `result` as in `socket_operation`.
  virtual void received(ssize_t /*result*/) noexcept {}

protected:
  ~descriptor_watcher() = default;
};

} // namespace texlex
