// What must hold whatever peers, clocks and workers do. If it does not, going on would answer wrongly: the process
// aborts and is restarted. Input is never checked this way, only our own bookkeeping.
#pragma once

#include <cstdlib>
#include <string>

#include "runtime/standard_streams.hpp"

namespace texlex {

inline void require(bool holds, const char* what) noexcept {
  if (holds) return;
  last_words("texlex: broken invariant: " + std::string{what});
  std::abort();
}

} // namespace texlex
