// What the house tells about itself: plain values, without CAF, so that decisions and callers of `service` can speak
// of them too. All are sent on the side, after the answer, and never awaited.
#pragma once

#include <array>
#include <cstdint>
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
};

} // namespace texlex
