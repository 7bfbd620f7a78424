// Why a worker is gone, as a value that travels from its lane to the broker: only its own crash speaks against the
// document it read, and uses up its core's restarts.
#pragma once

#include <cstdint>

#include "runtime/child_process.hpp"

namespace texlex {

enum class death : uint8_t {
  crash = 1, ///< its own: a fault, an abort, an exception out of a kernel, a processor-time limit burnt
  outside,   ///< killed or stopped by somebody else: the system's memory killer, an operator, a debugger
  failure,   ///< it could not start or lost touch: speaks against no document, and yet trying again may not help
};

/// How `texlexd worker` ends by itself.
enum worker_exit : int {
  parent_ended = 0,
  not_started_by_texlexd = 2,
  cannot_work = 4,
  kernel_threw = 5, ///< an exception came out of an attempt
};

/// What a worker's process died of. SIGKILL and SIGTERM come from outside, also where the system was short of memory:
/// that cannot be told apart.
[[nodiscard]] death death_of(const process_end& end) noexcept;

} // namespace texlex
