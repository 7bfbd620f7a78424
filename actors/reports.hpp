// What the house tells about itself: plain values, without CAF, so that decisions and callers of `service` can speak
// of them too. All are sent on the side, after the answer, and never awaited.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/job.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// One request, told once it is answered.
struct request_sample {
  texlex::status status = texlex::status::internal_error;
  texlex::origin origin = texlex::origin::none;
  duration latency{0};        ///< from its last byte read to its answer
  duration queue{0};          ///< from its last byte read to its first dispatch; to its answer if it had none
  bool hedged = false;        ///< it had a second copy
  bool hedge_skipped = false; ///< it was overdue, and a copy was thought unwise
};

/// One attempt that has ended, whether its outcome counted or not.
struct attempt_sample {
  lane_id lane;
  texlex::status status = texlex::status::internal_error;
  duration service{0}; ///< of the worker, from its begin to its end
};

/// What the broker has to tell, many at a time: a message a request would wake a thread a request.
struct sample_batch {
  std::vector<request_sample> requests;
  std::vector<attempt_sample> attempts;
};

/// In place of a core's number: the I/O thread, which is pinned to none and has a worker of its own.
inline constexpr uint32_t loop_core = UINT32_MAX;

/// What a worker has used since it was spawned.
struct worker_report {
  lane_id lane;
  uint32_t core = 0; ///< or `loop_core`
  uint64_t jobs = 0;
  uint64_t bytes_handed_out = 0; ///< kinds and starts given to attempts
  uint64_t trims = 0;            ///< arenas given back beyond their resident part
  uint64_t live_bytes = 0;       ///< resident part of its arenas
  uint64_t resident_bytes = 0; ///< of the process it runs in, its own or all workers'; 0 where the system does not tell
  bool ended = false;          ///< its last report
};

/// What happened to a core's worker.
enum class core_event : uint8_t { restarted, rotated, given_up, stuck };

/// Who is there to work.
struct health_report {
  uint32_t lanes_alive = 0;    ///< take jobs
  uint32_t lanes_starting = 0; ///< will take jobs, or will be tried again
  uint32_t lanes_stuck = 0;    ///< hang in an attempt, abandoned and replaced, and have not come back
  uint32_t cores_given_up = 0; ///< failed too often: at rest, and not tried for a while

  /// Requests are served.
  [[nodiscard]] bool ready() const noexcept { return lanes_alive > 0; }

  friend bool operator==(const health_report&, const health_report&) = default;
};

/// How long one step on a request's way took, of all that took it.
struct phase_report {
  uint64_t count = 0;
  duration sum{0};
  uint64_t us_p50 = 0;
  uint64_t us_p90 = 0;
  uint64_t us_p99 = 0;
  uint64_t us_p999 = 0;
  uint64_t us_max = 0;
};

/// What another node of the cluster is to this one.
enum class peer_state : uint8_t {
  joining,  ///< connecting, or greeting
  active,   ///< given attempts
  suspect,  ///< silent for a while: given none
  ejected,  ///< much slower than the others: given none for a while
  draining, ///< about to leave: given none
  down,     ///< gone; it is looked for
  refused,  ///< not to be worked with, for a reason
};

inline constexpr std::array<std::string_view, 7> peer_state_names{"joining",  "active", "suspect", "ejected",
                                                                  "draining", "down",   "refused"};

[[nodiscard]] inline std::string_view name_of(peer_state state) {
  const auto which = static_cast<size_t>(state);
  return which < peer_state_names.size() ? peer_state_names[which] : std::string_view{"unknown"};
}

/// What another node has done for this one. Its name is no other's: before it has told one, its address.
struct peer_report {
  std::string name;
  std::string address; ///< host:port
  std::string zone;    ///< empty: none
  peer_state state = peer_state::joining;
  std::string reason;              ///< why it is refused
  uint32_t attempts_in_flight = 0; ///< given and not yet ended
  uint32_t attempts_granted = 0;   ///< that it lets be in flight now
  uint32_t capacity = 0;           ///< that it could at most
  double latency_us_per_kib = 0;   ///< of attempts of late, the way included; 0: not known
  uint64_t ejections = 0;
  uint64_t attempts_given = 0;       ///< since the start, as all below
  uint64_t attempts_answered = 0;    ///< it carried them out
  uint64_t attempts_handed_back = 0; ///< it did not begin them
  uint64_t attempts_lost = 0;        ///< it was gone before it told
  uint64_t bytes_given = 0;          ///< of documents
  uint64_t connects = 0;             ///< connections made to it
};

/// This node as a part of its cluster, and the others as it sees them.
struct cluster_report {
  std::string node;
  std::string cluster;
  bool draining = false;               ///< it has told the others that it leaves
  uint32_t lent_attempts_running = 0;  ///< for others, now
  uint64_t lent_attempts_answered = 0; ///< since the start
  std::vector<peer_report> peers;      ///< up to limits::cluster_peers_max
};

/// Shared and never changed, so that a report that holds it is copied without memory.
using cluster_report_ptr = std::shared_ptr<const cluster_report>;

/// What has happened since the start.
struct metrics_report {
  std::array<uint64_t, status_count> requests_by_status{};
  uint64_t requests = 0;
  uint64_t attempts = 0;
  uint64_t hedges_fired = 0;
  uint64_t hedges_won = 0;
  uint64_t hedges_skipped = 0;
  uint64_t rotations = 0;
  uint64_t restarts = 0;
  uint64_t cores_given_up = 0;      ///< how often a core came to rest
  health_report health;             ///< as it was told last
  phase_report latency;             ///< of all requests, refused ones too
  phase_report queue;               ///< of all requests, refused ones too
  phase_report service;             ///< of all attempts
  uint64_t resident_bytes = 0;      ///< of the process; 0 where the system does not tell
  uint64_t resident_bytes_peak = 0; ///< likewise
  uint64_t log_lines_dropped = 0;   ///< left out of the log: nobody took them in time, or they could not be written
  cluster_report_ptr cluster;       ///< as it was told last; null: there is no cluster
};

} // namespace texlex
