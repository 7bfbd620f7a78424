// A node among others: finds peers and lends them this node's workers, and has the workers of those that it has found
// as lanes. Published, so that it hears the hellos of others; whom it does not know it tells why not. Where peers may
// be and when they are looked for is decided in peers/peer_book.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/gateway/node_words.hpp"
#include "actors/peers/lane_link.hpp"
#include "actors/peers/lane_port.hpp"
#include "actors/peers/peer_book.hpp"
#include "runtime/document.hpp"

namespace texlex {

struct gateway_options {
  node_hello self{};
  std::vector<std::string> seeds{}; ///< "host:port"
  uint32_t peers_max = 64;          ///< that borrow here, and that are borrowed from
  lane_link_options link{};
  lane_port_options port{};
  uint64_t document_bytes_max = 0;                    ///< of those that are given to others
  document_pool memory;                               ///< of what is done for others
  duration names_interval = std::chrono::seconds{30}; ///< between two looks at what the name stands for
  uint64_t seed = 1;
};

/// How it reaches what is outside: each call returns at once, and what becomes of it is said to the gateway.
struct gateway_links {
  broker_actor broker;
  metrics_actor metrics;
  std::function<void(const std::string& address, const gateway_actor& gateway)> dial; ///< then `dialed`
  std::function<void(const frame_listener& peer)> disconnect;
  std::function<void(const gateway_actor& gateway)> look_up; ///< what the name stands for, then `names`; null: no name
  std::function<void()> every_second;
  std::function<void()> left; ///< it leaves, and nothing is left that was begun for others
};

[[nodiscard]] gateway_actor spawn_gateway(caf::actor_system& system, const gateway_options& options,
                                          const gateway_links& links);

} // namespace texlex
