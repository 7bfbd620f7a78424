// What a fuzzer holds a program to. A header alone, as the kernels' fuzzer is also built where there is no runtime.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace texlex::test {

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

} // namespace texlex::test
