// What the house tells about itself: plain values, without CAF, so that decisions and callers of `service` can speak
// of them too. All are sent on the side, after the answer, and never awaited.
#pragma once

#include <array>
#include <cstdint>

#include "actors/job.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// One request, told once it is answered.
struct request_sample {
  texlex::status status = texlex::status::internal_error;
  texlex::origin origin = texlex::origin::none;
  duration latency{0};        ///< from its last byte read to its answer
  bool hedged = false;        ///< it had a second copy
  bool hedge_skipped = false; ///< it was overdue, and a copy was thought unwise
};

/// One attempt, told by the worker that ran it, whether its outcome counted or not.
struct attempt_sample {
  lane_id lane;
  texlex::status status = texlex::status::internal_error;
  duration service{0}; ///< from the run message to the finished one
  uint64_t document_bytes = 0;
};

/// What a worker has used since it was spawned.
struct worker_report {
  lane_id lane;
  uint32_t core = 0;
  uint64_t jobs = 0;
  uint64_t bytes_handed_out = 0; ///< kinds and starts given to attempts
  uint64_t trims = 0;            ///< arenas given back beyond their resident part
  uint64_t live_bytes = 0;       ///< resident part of its arenas
  bool ended = false;            ///< its last report
};

/// What happened to a core's worker.
enum class core_event : uint8_t { restarted, rotated, given_up };

/// Who is there to work.
struct health_report {
  uint32_t lanes_alive = 0;    ///< take jobs
  uint32_t lanes_starting = 0; ///< will take jobs, or will be tried again
  uint32_t cores_given_up = 0; ///< failed too often: not tried again
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
  uint64_t cores_given_up = 0;
  uint64_t latency_us_p50 = 0; ///< of all requests, refused ones too
  uint64_t latency_us_p90 = 0;
  uint64_t latency_us_p99 = 0;
  uint64_t latency_us_p999 = 0;
  uint64_t latency_us_max = 0;
};

} // namespace texlex
