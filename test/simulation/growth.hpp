// How a cluster grows: nodes that lend each other workers, each with the classes of the real one (dispatcher and
// lending, lane_link and lane_port, chunk_flow, peer_book), over a network that takes its time. No faults but workers
// that stall. What is asked of it: how much of what all nodes can is done wherever clients are, and what it costs to be
// many.
#pragma once

#include <cstdint>

#include "runtime/time.hpp"

namespace texlex::simulation {

/// Where the clients are.
enum class growth_load : uint8_t { even, hot_half, one_node };
inline constexpr growth_load all_growth_loads[] = {growth_load::even, growth_load::hot_half, growth_load::one_node};
[[nodiscard]] const char* name_of(growth_load load) noexcept;

struct growth_options {
  uint32_t nodes = 1;
  growth_load load = growth_load::even;
  uint32_t workers = 2;      ///< of a node
  uint32_t attempts_max = 0; ///< lent to one peer at a time, as cluster.attempts_max; 0: four times as many as workers
  uint32_t clients = 8;      ///< for each node: so many requests are in flight while all send at once
  uint64_t document_bytes = 1100u << 10;             ///< at the mean
  double us_per_kib = 1;                             ///< that a worker takes
  uint32_t answer_percent = 0;                       ///< bytes that come back, of the document's
  duration latency = std::chrono::microseconds{100}; ///< one way
  double gigabits = 25;                              ///< a second, of each node's link, in and out
  uint32_t stall_permille = 2;                       ///< of attempts
  duration stall = std::chrono::milliseconds{50};
  uint32_t peers_max = 64;
  duration length = std::chrono::seconds{2}; ///< of what is measured under load, each time
  uint64_t seed = 1;
};

struct growth_figures {
  // Idle.
  double peers = 0;                              ///< of a node, at the mean
  double idle_beats = 0, idle_control_bytes = 0; ///< a node and second, sent
  // While all clients send as soon as they have an answer.
  double answers_per_s = 0, bytes_per_s = 0; ///< of documents answered ok
  double lent_share = 0;                     ///< of attempts
  double copied_share = 0;                   ///< hedges, of jobs answered ok
  double returned_share = 0;                 ///< attempts that peers did not carry out, of jobs answered ok
  double beats = 0, control_bytes = 0;       ///< a node and second, sent; at the mean
  double busiest_control_bytes = 0;          ///< the same of the node that sent most
  // At half of that rate.
  duration p50{0}, p99{0};
  double half_lent_share = 0;
  // In all.
  uint64_t jobs = 0, ok = 0, refused = 0, otherwise = 0;
  uint64_t copies = 0, returned = 0;         ///< of all jobs
  uint64_t copies_max = 0, returned_max = 0; ///< what their budgets allow
  uint64_t suspicions = 0, losses = 0;       ///< of peers, though all are well
};

/// Attempts lent to one peer at a time.
[[nodiscard]] uint32_t attempts_max_of(const growth_options& options) noexcept;

/// Aborts if a job is answered twice or never.
[[nodiscard]] growth_figures grow(const growth_options& options);

} // namespace texlex::simulation
