// A peer's workers, as a lane: what the broker gives it goes to the peer in chunks, and what the peer answers comes
// back. All it decides is decided in peers/lane_link and peers/chunk_flow; here words become frames. It lives as long
// as the peer is heard, and one that comes back has a new one.
#pragma once

#include <string>

#include <caf/actor_system.hpp>

#include "actors/gateway/node_words.hpp"
#include "actors/peers/lane_link.hpp"

namespace texlex {

struct remote_lane_options {
  lane_id lane;
  std::string address; ///< of the peer
  node_hello self;
  lane_link_options link;
  uint64_t document_bytes_max = 0; ///< of those that may be given
};

struct remote_lane_links {
  frame_listener peer; ///< its gateway
  gateway_actor gateway;
  broker_actor broker;
};

[[nodiscard]] remote_lane_listener spawn_remote_lane(caf::actor_system& system, const remote_lane_options& options,
                                                     const remote_lane_links& links);

} // namespace texlex
