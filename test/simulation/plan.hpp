// One world, drawn from a seed: how the house is set up, what its clients want, and which faults there are. Swarm style
// (Groce and others, 'Swarm Testing', 2012): each seed leaves some kinds of fault out altogether, as those that are
// always there hide what only happens without them.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/peers/lane_link.hpp"
#include "actors/peers/lane_port.hpp"
#include "actors/state/dispatcher.hpp"
#include "actors/state/roster.hpp"
#include "actors/state/session_protocol.hpp"
#include "test/simulation/faults.hpp"

namespace texlex::simulation {

/// What a client asks for.
struct wish {
  uint64_t key = 0; ///< of the document: its outcome follows from it
  uint32_t bytes = 0;
  duration after{0};        ///< since the wish before
  bool counts_frame = true; ///< of version 1; else a tokenize frame
  uint32_t batch = 0;       ///< so many documents in one frame, if any
  tokenize_options options{};
};

struct client_plan {
  uint16_t version = 1;
  bool borrows = false; ///< it takes descriptors
  std::vector<wish> wishes;
};

/// A lane elsewhere, and the way there.
struct far_plan {
  uint32_t workers = 1;
  lane_port_options port;
  lane_link_options link;
  duration way_min{0}, way_max{0}; ///< of a word, one way
};

struct world_plan {
  uint64_t seed = 0;
  dispatch_options dispatch;
  roster_options roster;
  session_limits sessions;
  uint32_t requests_max = 0; ///< of all clients at once
  uint64_t bytes_max = 0;
  uint64_t column_bytes_max = 0; ///< likewise; half of it may be lent
  std::vector<client_plan> clients;
  std::vector<far_plan> far;
  fault_rates faults{};
  duration troubled{0}; ///< for that long faults strike; then all must come to rest
};

/// How much of what the seed gives: to make a failure small.
struct plan_bounds {
  uint32_t clients_max = UINT32_MAX;
  uint32_t wishes_max = UINT32_MAX; ///< of a client
  uint32_t far_max = UINT32_MAX;
};

[[nodiscard]] world_plan plan_of(uint64_t seed, const plan_bounds& bounds = {});

/// What a scan of that document finds under that regime.
[[nodiscard]] uint32_t tokens_of(uint64_t key, std::string_view regime) noexcept;

/// What columns of it take, if they are wanted.
[[nodiscard]] uint64_t column_bytes_of(uint64_t document_bytes) noexcept;

} // namespace texlex::simulation
