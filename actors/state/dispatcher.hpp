// What the broker does, without actors: ledger, lanes, queue and hedge policy put together. Events go in, effects come
// out, and nothing else happens; a simulation drives it through many thousand jobs with deaths and cancels.
#pragma once

#include <cstddef>

#include "actors/job.hpp"
#include "actors/state/hedge_policy.hpp"
#include "actors/state/job_ledger.hpp"
#include "actors/state/lane_table.hpp"
#include "actors/state/waiting_queue.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// What a dispatcher asks of its shell. Called in the middle of an event: must not call the dispatcher back.
class dispatch_effects {
public:
  virtual ~dispatch_effects() = default;
  virtual void run(lane_id lane, const job_ptr& job) = 0;
  virtual void answer(const closed_job& closed) = 0; ///< exactly once a job
  virtual void arm(job_id id, duration delay) = 0;   ///< say `overdue` after that time
  virtual void disarm(job_id id) = 0;
  virtual void drained(lane_id lane) = 0; ///< once a cooling lane
};

struct dispatch_options {
  size_t waiting_max = 0; ///< jobs that wait for a lane; beyond it: overload
  hedge_options hedge;
};

class dispatcher {
public:
  dispatcher(const dispatch_options& options, dispatch_effects& effects);

  /// The instant of the event that follows, as in `dispatcher.at(now).submit(job)`.
  dispatcher& at(instant now) noexcept {
    now_ = now;
    return *this;
  }

  void submit(job_ptr job);
  void cancel(job_id id);
  void finished(lane_id lane, job_id id, const outcome& result);
  hedge_verdict overdue(job_id id);

  void lane_joined(lane_id lane);
  void lane_cooling(lane_id lane);
  void lane_left(lane_id lane);

  /// No lane will join any more. Once none is hot, jobs that have no lane end with `no_worker`.
  void unstaffed();

  /// Every job ends with `shutting_down`, those in hand and those that come.
  void close();

  [[nodiscard]] const job_ledger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] const lane_table& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const waiting_queue& waiting() const noexcept { return waiting_; }
  [[nodiscard]] const hedge_counts& hedges() const noexcept { return hedge_.counts(); }

  void check_invariants() const;

private:
  void admit(job_ptr job);
  void fill_lanes();
  void dispatch(job_id id, lane_id lane, origin origin);
  void refuse_if_nobody_comes();
  void end(job_id id, status status);
  void answer(const closed_job& closed);

  dispatch_effects& effects_;
  job_ledger ledger_;
  lane_table lanes_;
  waiting_queue waiting_;
  hedge_policy hedge_;
  instant now_{};
  bool nobody_comes_ = false;
  bool closed_ = false;
};

} // namespace texlex
