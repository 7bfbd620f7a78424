// Every core kept busy, for as long as this lives, by a thread of ordinary priority that spins: what a machine looks
// like on which all workers scan, or somebody compiles.
#pragma once

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/percentiles.hpp"
#include "runtime/cpu.hpp"

namespace texlex::bench {

class busy_cores {
public:
  /// With `load::idle` nothing spins.
  explicit busy_cores(load cores) {
    if (cores == load::idle) return;
    for (const uint32_t core : allowed_cores()) threads_.emplace_back([this, core] { spin(core); });
  }
  ~busy_cores() {
    stop_ = true;
    for (std::thread& each : threads_) each.join();
  }
  busy_cores(const busy_cores&) = delete;
  busy_cores& operator=(const busy_cores&) = delete;

private:
  void spin(uint32_t core) const {
    if (const auto error = pin_this_thread(core)) std::fprintf(stderr, "%s\n", error->c_str());
    while (!stop_.load(std::memory_order_relaxed)) {
    }
  }

  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

} // namespace texlex::bench
