// What the broker does, without actors: ledger, lanes, queue, hedging and their watches put together. Events go in,
// effects come out, and nothing else happens; a simulation drives it through many thousand jobs.
#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/attempt_watch.hpp"
#include "actors/state/hedge_policy.hpp"
#include "actors/state/job_ledger.hpp"
#include "actors/state/killer_memory.hpp"
#include "actors/state/lane_health.hpp"
#include "actors/state/lane_table.hpp"
#include "actors/state/lending.hpp"
#include "actors/state/waiting_room.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// What a dispatcher asks of its shell. Called in the middle of an event: must not call the dispatcher back.
class dispatch_effects {
public:
  virtual ~dispatch_effects() = default;
  virtual void run(lane_id lane, const job_ptr& job, uint32_t attempt) = 0; ///< the job's attempts count from 1
  virtual void answer(const closed_job& closed) = 0;                        ///< exactly once a job
  virtual void arm(job_id id, duration delay) = 0;                          ///< say `overdue` after that time
  virtual void disarm(job_id id) = 0;
  virtual void drained(lane_id lane) = 0;            ///< once a cooling lane
  virtual void stuck(lane_id lane, death cause) = 0; ///< an attempt there hangs: say `lane_left` when it is given up
  /// What can be seen of the lane at work, asked about one that is late.
  virtual lane_signs signs(lane_id) { return {}; }
};

struct dispatch_options {
  fair_queue_options queue;
  std::optional<queue_control_options> queue_control; ///< none: jobs wait as long as it takes
  client_standing_options clients{};
  hedge_options hedge;
  bool eject_slow_lanes = true;
  lane_health_options lanes;
  lending_options lending{};
  attempt_watch_options watch;
  /// An attempt at a peer hangs after that, however long its document: a peer that is heard watches its own workers,
  /// and what is under way to it shares the way with others.
  duration remote_attempt_max = std::chrono::seconds{30};
  killer_memory_options killers{.kills_to_condemn = 1}; ///< told of jobs that two workers crashed on
  uint64_t seed = 1;                                    ///< of the dice that pick among many lanes
};

/// What an attempt took.
struct service_time {
  /// By the lane itself; without it the time since the dispatch is taken, which has the broker's own delays in it.
  std::optional<duration> took{};
  /// The lane had no core for a while: the time is not its client's, and tells nothing of its document.
  bool interrupted = false;
};

class dispatcher {
public:
  dispatcher(const dispatch_options& options, dispatch_effects& effects);

  /// The instant of the event that follows, as in `dispatcher.at(now).submit(job)`. Must not go back.
  dispatcher& at(instant now) noexcept {
    now_ = now;
    return *this;
  }

  void submit(job_ptr job);
  void cancel(job_id id);
  void finished(lane_id lane, job_id id, const outcome& result, const service_time& service = {},
                column_answer_ptr columns = {});
  hedge_verdict overdue(job_id id);

  /// A lane that has joined already is left as it is.
  void lane_joined(lane_id lane, const lane_traits& traits = {});
  /// A lane takes more attempts at one time, or fewer: so many, within the capacity it joined with.
  void lane_takes(lane_id lane, uint32_t attempts);
  /// Nothing is heard of a lane: late or not, its attempts are copied elsewhere as hedging allows.
  void lane_suspected(lane_id lane);
  void lane_cooling(lane_id lane);
  void lane_left(lane_id lane, death cause);

  /// No lane will join for a while. While none is hot, jobs that have no lane end with `no_worker`, until one joins.
  void unstaffed();

  /// Every job ends with `shutting_down`, those in hand and those that come.
  void close();

  /// Time alone has passed: jobs may have waited too long, attempts may run too long, lanes may be let in again.
  void tick();

  /// To be said once std::bad_alloc has come out of one of these, until it does not: what was left half-done is brought
  /// to its end. A job that then neither waits nor runs ends with `overload`.
  void pick_up();

  /// When to say `tick`, at the latest; nothing: there is no need.
  [[nodiscard]] std::optional<duration> next_tick() const noexcept;

  [[nodiscard]] const job_ledger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] const lane_table& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const fair_queue& waiting() const noexcept { return waiting_.queue(); }
  [[nodiscard]] const hedge_counts& hedges() const noexcept { return hedge_.counts(); }
  [[nodiscard]] uint64_t ejections() const noexcept { return health_.ejections(); }
  [[nodiscard]] const lending& lent() const noexcept { return lending_; }
  [[nodiscard]] bool overloaded() const noexcept { return waiting_.overloaded(); }

  /// To be told to those who read requests, after each event.
  [[nodiscard]] queue_pressure pressure() const noexcept { return waiting_.pressure(now_); }

  /// `statistics`: those of the hedge delay and budget too, which take longer than all others.
  void check_invariants(bool statistics = true) const;

private:
  void admit(const job_ptr& job);
  bool dispatch_to_small_only(const job& job, const workload& work, duration expected);
  void fill_lanes();
  void lend();
  void refuse(job_id id);
  void look_at_usable_lanes();
  [[nodiscard]] size_t lengthy_running() const; ///< attempts, here
  [[nodiscard]] std::optional<lane_id> choose_for_copy(job_id id);
  [[nodiscard]] std::optional<lane_id> choose_peer(const open_job& job, bool late);
  [[nodiscard]] hedge_question question_of(job_id id, std::optional<lane_id> copy_lane) const;
  hedge_verdict ask_for_copy(job_id id);
  void copy_late_jobs();
  void dispatch(job_id id, lane_id lane, origin origin);
  void lost(lane_id lane, job_id id, bool crashed);
  void learn(lane_id lane, const lane_attempt& attempt, status how, const service_time& service);
  void learn_remote(lane_id lane, const lane_attempt& attempt, status how);
  [[nodiscard]] bool is_handed_back(const open_job& job, bool remote, status how) const noexcept;
  void watch_attempts();
  void watch_for_stalls();
  void condemn(const job& killer);
  [[nodiscard]] bool condemned(const job& job) const;
  void refuse_if_nobody_comes();
  void end(job_id id, status status);
  void answer(closed_job closed);

  dispatch_effects& effects_;
  job_ledger ledger_;
  lane_table lanes_;
  waiting_room waiting_;
  hedge_policy hedge_;
  bool eject_slow_lanes_;
  lane_health health_;
  lending lending_;
  attempt_watch watch_;
  duration remote_attempt_max_;
  attempt_watch stalls_; ///< attempts that take far longer than expected, long before they hang
  killer_memory killers_;
  std::vector<job_id> late_; ///< open jobs that rang when there was no place for a copy
  std::mt19937_64 dice_;
  instant now_{};
  bool nobody_comes_ = false;
  bool closed_ = false;
  // Kept for their memory.
  std::vector<lane_load> loads_;
  std::vector<expired_job> expired_;
  std::vector<current_attempt> current_;
  std::vector<hanging_lane> hanging_;
  std::vector<job_id> pushed_out_;
};

} // namespace texlex
