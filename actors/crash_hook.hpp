// A way to make workers die on purpose, for tests of what happens then: a document that begins with the marker throws
// half way through, so many times in the whole process.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace texlex {

class crash_hook {
public:
  crash_hook(std::string marker, uint32_t count_max) : marker_(std::move(marker)), left_(count_max) {}

  /// True if the worker shall die on this document; counts it. From any thread.
  [[nodiscard]] bool fires(std::span<const uint8_t> document) noexcept {
    if (marker_.empty() || document.size() < marker_.size()) return false;
    const bool marked = std::equal(marker_.begin(), marker_.end(), document.begin(),
                                   [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
    if (!marked) return false;
    uint32_t left = left_.load();
    while (left > 0 && !left_.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
  }

private:
  std::string marker_;
  std::atomic<uint32_t> left_;
};

} // namespace texlex
