// Who may wait for a lane, how long, and who is next: `fair_queue`, `queue_control`, `client_standing` and
// `service_estimate` put together. All of it goes by lane time: what a document is expected to take, and what attempts
// took.
//
//   comes ──▶ a patient client's (one request at a time): waits its turn
//        ──▶ background work: waits, unless there is overload; makes room for whatever else comes
//        ──▶ else: waits, unless there is overload and its client has its share waiting; where there is no room for a
//            newcomer, the client with most waiting loses its newest
//   waits ──▶ next: by turns. Of several lanes one is kept from lengthy documents, while others come
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/job.hpp"
#include "actors/state/client_standing.hpp"
#include "actors/state/fair_queue.hpp"
#include "actors/state/queue_control.hpp"
#include "actors/state/queue_pressure.hpp"
#include "actors/state/service_estimate.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct waiting_room_options {
  fair_queue_options queue{};
  std::optional<queue_control_options> control{}; ///< none: jobs wait as long as it takes
  client_standing_options clients{};
  service_estimate_options estimate{};
  duration open_lane_memory = std::chrono::milliseconds{100}; ///< since the last such document, at least
};

class waiting_room {
public:
  explicit waiting_room(const waiting_room_options& options);

  /// A client's request is here, whether it will wait or not; `goes` when it has its outcome. May throw
  /// std::bad_alloc, and has counted nothing then.
  void comes(uint64_t client, instant now);
  void goes(uint64_t client) noexcept { standing_.goes(client); }

  [[nodiscard]] duration expected(uint64_t client, const workload& work) const noexcept {
    return estimate_.predict(client, work);
  }

  /// The job that `comes` was said of last waits from now on; false: it is refused. Jobs that must go to make room for
  /// it have left the queue, and are added to `pushed_out`.
  [[nodiscard]] bool admit(const job& job, duration expected, instant now, std::vector<job_id>& pushed_out);

  /// What those who read requests should go by, so that what would be refused is not read.
  [[nodiscard]] queue_pressure pressure(instant now) const noexcept;

  /// A job that lost its lane is next, always.
  void returned(job_id job, instant deadline, instant now) { queue_.push_front(job, now, deadline); }

  /// Looks at the queue; those that waited too long leave it.
  void look(instant now, std::vector<expired_job>& expired);

  /// The next job, for a lane with room, where so many lanes run a lengthy document; it leaves the queue. Nothing: no
  /// job may have it.
  [[nodiscard]] std::optional<job_id> next(size_t lengthy_running, instant now);
  [[nodiscard]] std::optional<job_id> any() noexcept { return queue_.pop(pop_order::oldest_first); }

  [[nodiscard]] bool lengthy(duration expected) const noexcept { return expected > options_.queue.lengthy_min; }

  /// Whether a job may have a lane where so many run a lengthy document.
  [[nodiscard]] bool may_start(duration expected, size_t lengthy_running, instant now) const noexcept {
    return !lengthy(expected) || !keeps_the_last(lengthy_running, now);
  }

  /// An attempt of a job that waited goes to a lane.
  void started(duration expected, instant now) noexcept;

  /// An attempt has occupied its lane for `took`. `whole`: it was not stopped. `paid`: its client was charged for it.
  void ended(turn_taker whose, const workload& work, duration expected, duration took, bool whole, bool paid) noexcept;

  bool remove(job_id job) noexcept { return queue_.remove(job); }
  void lanes(size_t hot) noexcept { lanes_ = hot; }

  [[nodiscard]] const fair_queue& queue() const noexcept { return queue_; }
  [[nodiscard]] bool overloaded() const noexcept { return control_ && control_->overloaded(); }
  void refused(instant now) noexcept;
  [[nodiscard]] std::optional<duration> retry_after(instant now) const noexcept;
  [[nodiscard]] duration patient_wait_max() const noexcept;

  void check_invariants() const;

private:
  void remember_others(instant now) noexcept; ///< one that is not lengthy is here
  [[nodiscard]] bool keeps_the_last(size_t lengthy_running, instant now) const noexcept;
  [[nodiscard]] bool has_its_share(turn_taker whose, instant now) const noexcept;
  [[nodiscard]] bool room_for_newcomer(duration expected, instant now) const noexcept;
  void observe(instant now) noexcept;

  waiting_room_options options_;
  fair_queue queue_;
  std::optional<queue_control> control_;
  client_standing standing_;
  service_estimate estimate_;
  bool patient_ = false; ///< the client of the job that came last
  size_t lanes_ = 0;
  duration usual_service_{0};                                ///< of the attempts of late
  duration longest_service_ = std::chrono::milliseconds{50}; ///< about, of late; at first as on a slow machine
  instant not_lengthy_until_ = instant::min();               ///< such documents are expected
};

} // namespace texlex
