// The seed of a random test: printed, so that a failure can be replayed with TEXLEX_SEED=<seed>.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace texlex::test {

inline uint64_t seed() {
  static const uint64_t chosen = [] {
    const char* replay = std::getenv("TEXLEX_SEED");
    const uint64_t value = replay != nullptr ? std::strtoull(replay, nullptr, 10) : std::random_device{}();
    std::printf("TEXLEX_SEED=%llu\n", static_cast<unsigned long long>(value));
    std::fflush(stdout); // an invariant may abort
    return value;
  }();
  return chosen;
}

} // namespace texlex::test
