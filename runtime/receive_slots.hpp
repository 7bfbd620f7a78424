// Memory to receive into for several sockets in one call: the same each time, so that it stays in the caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/limits.hpp"

namespace texlex {

class receive_slots {
public:
  /// Throws std::bad_alloc.
  explicit receive_slots(size_t count)
    : memory_(std::make_unique_for_overwrite<uint8_t[]>(count * limits::read_ahead_bytes)) {}

  /// One of them; whoever receives into it has it until it was told of that.
  [[nodiscard]] std::span<uint8_t> at(size_t index) const noexcept {
    return {memory_.get() + index * limits::read_ahead_bytes, limits::read_ahead_bytes};
  }

private:
  std::unique_ptr<uint8_t[]> memory_;
};

} // namespace texlex
