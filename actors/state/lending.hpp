// Which jobs go to workers of other nodes, and to which. Lanes here come first: a peer is asked where none of them has
// room, for a copy where all that could run it are late, and when none is left. A document must be worth the way there.
//
// Of two peers taken at random the one with less to do has it, by how slow it was of late times what it has: Peak
// EWMA's cost (finagle) with the power of two choices. One that refuses or fails several times in a row, or is much
// slower than the others, is left out for a while, as in Envoy's outlier detection; never the last one. What was sent
// away for nothing is paid for out of a budget that successes fill (as in gRPC's retry throttling), so that peers which
// all refuse cost a bounded share of the load.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "actors/job.hpp"
#include "actors/state/hedge_delay.hpp"
#include "actors/state/job_ledger.hpp"
#include "actors/state/lane_health.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct lending_options {
  uint64_t document_bytes_min = uint64_t{32} << 10; ///< shorter ones stay, while anybody is here
  /// What it takes to send a MiB away. A document that a worker here takes less for stays too, unless it is late: where
  /// processors are what is short, sending it would cost more than it brings.
  duration send_time_per_mib{0};
  uint32_t hand_backs_max = 2;     ///< of one job by peers; after them it stays too
  uint32_t burst = 10;             ///< attempts in vain that may be paid for at once
  uint32_t success_permille = 100; ///< of one such attempt, earned by each job answered ok
  /// What a way over the network differs by is no peer's fault.
  lane_health_options peers{.expected_min = std::chrono::milliseconds{2}};
};

class lending {
public:
  lending(const lending_options& options, const hedge_delay_options& delay);

  void join(lane_id peer) { health_.join(peer); }
  void leave(lane_id peer) noexcept { health_.leave(peer); }

  /// Whether the job may go to any peer. `staffed`: somebody is here to run it; `late`: who runs it here is late.
  [[nodiscard]] bool may_go(const open_job& job, bool staffed, bool late) const noexcept;

  /// Who of those with room has it, one that is near if there is one; nobody, if none is well.
  [[nodiscard]] std::optional<lane_id> choose(std::span<const lane_load> with_room, uint64_t random,
                                              instant now) const noexcept;

  void started(lane_id peer) noexcept { health_.started(peer); }

  /// An attempt there has ended so after `took`, the ways there and back included.
  void ended(lane_id peer, uint64_t bytes, status how, duration took, instant now) noexcept;

  /// A job was answered ok, wherever it ran.
  void succeeded() noexcept;

  /// How late an attempt at a peer must be for a copy: learned apart, as the way there counts.
  [[nodiscard]] duration hedge_after(uint64_t bytes) const noexcept { return delay_.delay_for(bytes); }

  [[nodiscard]] uint64_t ejections() const noexcept { return health_.ejections(); }
  [[nodiscard]] bool ejected(lane_id peer) const noexcept { return health_.is_probe(peer); }
  /// Too much was in vain of late: while somebody is here, no peer is to be asked.
  [[nodiscard]] bool exhausted() const noexcept { return permille_ < attempt_permille; }

  void check_invariants() const;

private:
  static constexpr int64_t attempt_permille = 1000;

  lending_options options_;
  lane_health health_;
  hedge_delay delay_;
  int64_t permille_; ///< of attempts in vain that may be paid for; below 0: more were on their way, and are owed
};

/// Says that a peer did not carry an attempt out, or could not: it is tried again, here or elsewhere.
[[nodiscard]] constexpr bool hands_back(status how) noexcept {
  return how == status::overload || how == status::no_worker || how == status::shutting_down
         || how == status::internal_error || how == status::cancelled;
}

} // namespace texlex
