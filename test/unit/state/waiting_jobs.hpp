// A fair queue that tests push to and pop from, at times they choose.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "actors/state/fair_queue.hpp"

namespace texlex::test {

using namespace std::chrono_literals;

inline constexpr instant noon{};
inline constexpr uint64_t kib = 1024, mib = 1024 * kib; // of prose, a nanosecond each
inline constexpr uint64_t alice = 1, bob = 2;

/// So that a turn earns 64 KiB, and each job costs 4 KiB beside its document.
inline fair_queue_options in_kib(fair_queue_options options) {
  options.quantum = options.short_max = duration{64 * kib};
  options.job_overhead = duration{4 * kib};
  return options;
}

inline duration time_of(uint64_t bytes) { return duration{static_cast<duration::rep>(bytes)}; }

struct waiting {
  fair_queue queue;
  instant time = noon;
  std::vector<expired_job> expired;

  explicit waiting(fair_queue_options options = {}) : queue(in_kib(options)) {}
  ~waiting() { queue.check_invariants(); }

  push_verdict push(uint64_t client, uint64_t id, uint64_t bytes = kib) {
    return queue.push_back({.client = client, .job = {id}, .expected = time_of(bytes)}, time);
  }
  uint64_t pop(pop_order order = pop_order::oldest_first) {
    const auto next = queue.pop(order);
    queue.check_invariants();
    return next ? next->value : 0;
  }
  std::vector<uint64_t> pop_all(pop_order order = pop_order::oldest_first) {
    std::vector<uint64_t> order_of_leaving;
    while (const uint64_t id = pop(order)) order_of_leaving.push_back(id);
    return order_of_leaving;
  }
  size_t expire(duration wait_max, duration patient_wait_max = 10h) {
    expired.clear();
    queue.expire(time, wait_max, patient_wait_max, expired);
    queue.check_invariants();
    return expired.size();
  }
};

using ids = std::vector<uint64_t>;

} // namespace texlex::test
