// What must hold whatever peers, clocks and workers do. If it does not, going on would answer wrongly: the process
// aborts and is restarted. Input is never checked this way, only our own bookkeeping.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace texlex {

inline void require(bool holds, const char* what) noexcept {
  if (holds) return;
  std::fprintf(stderr, "texlex: broken invariant: %s\n", what);
  std::abort();
}

} // namespace texlex
