// A request whose time has come.
#pragma once

#include <cstdint>

#include "runtime/time.hpp"

namespace texlex::load {

struct due_request {
  instant intended; ///< when it should be sent: latency counts from here
  uint8_t document = 0;
  bool counted = false; ///< not of the warm-up
};

} // namespace texlex::load
