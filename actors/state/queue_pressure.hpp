// What the queue ahead of the workers says to those who would bring more. The broker writes it after whatever changes
// it, sessions read it at each request's header: both on the I/O thread.
#pragma once

#include <cstdint>
#include <limits>

#include "runtime/time.hpp"

namespace texlex {

struct queue_pressure {
  static constexpr uint32_t no_limit = std::numeric_limits<uint32_t>::max();

  /// A client with so many requests in flight is not let in with another one. `no_limit`: the queue is calm. 0: nobody
  /// is let in, and who has nothing in flight is held back until that changes.
  uint32_t in_flight_a_client_max = no_limit;
  uint32_t retry_after_ms = 0; ///< what a refused client is told; 0: not known
  /// A request that has waited longer in its socket is not let in if its client has sent others ahead of it or behind.
  duration waited_max = duration::max();

  friend bool operator==(const queue_pressure&, const queue_pressure&) = default;
};

/// Of a queue that never objects.
inline constexpr queue_pressure no_pressure{};

} // namespace texlex
