// This node's workers, as another one has them: what it gives comes in chunks and goes to this node's broker, behind
// what this node's own clients want; what becomes of it goes back. All it decides is decided in peers/lane_port and
// peers/chunk_flow. It lives as long as its giver is heard, and for one life of it.
#pragma once

#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>

#include "actors/gateway/node_words.hpp"
#include "actors/peers/lane_port.hpp"
#include "runtime/document.hpp"

namespace texlex {

/// Attempts that are carried out for others.
struct lent_counts {
  std::atomic<uint32_t> running = 0; ///< submitted
  std::atomic<uint64_t> answered = 0;
};

struct lent_lane_options {
  uint64_t number = 0; ///< its own, of this process; below 2^31
  node_hello self, giver;
  lane_port_options port;
  document_pool memory;                ///< for what comes and what is answered, bounded for all givers together
  std::shared_ptr<lent_counts> counts; ///< of all givers together
};

struct lent_lane_links {
  frame_listener giver; ///< its remote lane
  gateway_actor gateway;
  broker_actor broker;
};

[[nodiscard]] lent_lane_actor spawn_lent_lane(caf::actor_system& system, const lent_lane_options& options,
                                              const lent_lane_links& links);

} // namespace texlex
