// Which jobs are open, which attempts each has, and how it ends: the first outcome wins, the others are stale. However
// often lanes are lost, attempts copied and jobs cancelled, a job is closed exactly once.
//
//   job 7   primary at lane 3   hedge at lane 5      lane 5 finishes -> closed, lane 3's `finished` will be stale
//   job 8   primary at lane 4                        lane 4 crashes  -> runs again elsewhere, once
//   job 9   primary at lane 4                        lane 4 is killed from outside -> runs again, a few times
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "actors/job.hpp"
#include "actors/state/id_map.hpp"
#include "actors/state/service_estimate.hpp"
#include "runtime/outcome.hpp"

namespace texlex {

struct attempt {
  lane_id lane;
  texlex::origin origin = texlex::origin::primary;
};

/// Attempts of a job that run at one time: a first and its copy. It runs again only once none is left.
constexpr size_t attempts_at_once_max = 2;

struct open_job {
  job_ptr job;
  workload work{};
  duration expected{0}; ///< of an attempt, as was known when it came
  boost::container::static_vector<attempt, attempts_at_once_max> attempts{}; ///< those still running
  uint32_t dispatched = 0;                                                   ///< attempts in all
  std::optional<instant> begun{};                                            ///< its first dispatch
  uint32_t losses = 0;                                                       ///< attempts whose lane was lost
  uint32_t crashes = 0;                                                      ///< of those, as their lane crashed on it
  uint32_t withdrawals = 0;                                                  ///< attempts that were not carried out
  bool armed = false;                                                        ///< its hedge delay runs
  bool hedged = false;
  bool hedge_skipped = false;
};

/// A job that has its outcome: what is to be said about it.
struct closed_job {
  open_job last;
  outcome result;
  column_answer_ptr columns{}; ///< of the attempt whose result it is; null if none were wanted
};

enum class loss_verdict : uint8_t {
  stale,         ///< no such attempt
  still_running, ///< another attempt may yet answer
  run_again,     ///< no attempt is left, and it may have one more
  lost_for_good, ///< too many lanes were lost on it, not by its fault, and no attempt is left
  killer,        ///< two lanes crashed on it, and no attempt is left
};

class job_ledger {
public:
  /// False if a job of that id is open.
  bool open(job_ptr job, const workload& work = {}, duration expected = duration{0});

  /// An attempt was given to a lane.
  void dispatched(job_id id, lane_id lane, origin origin, instant now);

  /// An attempt has ended. Nothing if it is stale: job closed, lane unknown to it, told before.
  [[nodiscard]] std::optional<closed_job> finished(lane_id lane, job_id id, outcome result);

  /// A lane was lost with an attempt in flight; `crashed`: on this job, by its own fault.
  [[nodiscard]] loss_verdict lost(lane_id lane, job_id id, bool crashed);

  /// An attempt was not carried out, as its twin was ahead of it: no outcome, and no loss. `run_again` if no twin is
  /// left (it died meanwhile), `still_running` if one is, else `stale`.
  [[nodiscard]] loss_verdict withdrawn(lane_id lane, job_id id);

  /// Closes a job from outside its attempts: cancelled, lost, refused. Nothing if it is not open.
  [[nodiscard]] std::optional<closed_job> end(job_id id, status status);

  void armed(job_id id);
  void rang(job_id id);
  void hedge_skipped(job_id id);

  [[nodiscard]] const open_job* find(job_id id) const;
  [[nodiscard]] std::vector<job_id> open_ids() const;
  /// Calls `look` with each open job, in no order.
  template <class Look>
  void each_open(Look look) const {
    open_.for_each([&look](uint64_t, const open_job& job) { look(job); });
  }
  [[nodiscard]] size_t open_count() const noexcept { return open_.size(); }
  [[nodiscard]] uint64_t opened() const noexcept { return opened_; }

  void check_invariants() const;

private:
  [[nodiscard]] open_job* open_at(job_id id) noexcept { return open_.find(id.value); }
  closed_job close(job_id id, outcome result);

  id_map<open_job> open_;
  uint64_t opened_ = 0;
  uint64_t closed_ = 0;
};

} // namespace texlex
