// What all connections of one server share: the loop and its turns, the limits, the memory for documents, and who waits
// for which job. All of it belongs to the I/O thread, except that any thread may read the counters and post into the
// loop. What is called `noexcept` here finds its memory set aside, or does without.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/server/counters.hpp"
#include "actors/server/offer.hpp"
#include "actors/state/admission.hpp"
#include "actors/state/eviction.hpp"
#include "actors/state/gate.hpp"
#include "actors/state/id_map.hpp"
#include "actors/state/peer_counts.hpp"
#include "actors/state/phase_times.hpp"
#include "actors/state/session_protocol.hpp"
#include "actors/state/stats_rounds.hpp"
#include "actors/state/turn_budget.hpp"
#include "actors/state/warning_pace.hpp"
#include "config/settings.hpp"
#include "runtime/document.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/lending_pool.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class session;

class server_core {
public:
  server_core(const server_settings& server, const limit_settings& limits, const texlex::regime* regime, job_port& port,
              document_memory memory);
  ~server_core();

  // Connections.
  /// Takes a connection on, in the stead of one that does less if there are too many; or tells it that there are.
  void connected(owned_fd socket, std::optional<peer_key> peer);
  /// A session has closed, whether it was served or refused. It lives on until `bury`, as it may be at work.
  void closed(session& ended) noexcept;
  template <class Work>
  void for_each_session(Work work) {
    for (size_t i = sessions_.size(); i-- > 0;)
      if (i < sessions_.size()) work(*sessions_[i]); // which may close it
  }
  /// Nobody is at work in a session any more, and those that have closed go.
  void bury() noexcept;
  [[nodiscard]] bool idle() const noexcept { return sessions_.empty(); }

  // Turns: one for each look at the sockets.
  void begin_turn() noexcept { turn.begin(); }
  /// It has had its share of this turn and has more to do.
  void wait_for_turn(session& one);
  /// Those who waited when the turn began go on, as far as the turn allows, and some in any case.
  void give_turns();
  /// What else is due, for those who wait for room or for stats, and time-outs.
  void end_turn();
  /// When the next turn is due at the latest.
  [[nodiscard]] instant next_turn() const noexcept;

  // Jobs.
  [[nodiscard]] job_id next_job() noexcept { return next_jobs(1); }
  /// The first of so many numbers that follow each other.
  [[nodiscard]] job_id next_jobs(uint32_t count) noexcept { return {std::exchange(last_job_, last_job_ + count) + 1}; }
  [[nodiscard]] uint64_t next_connection() noexcept { return ++last_connection_; }
  /// Sets aside what so many more jobs take, under their numbers, which follow each other. Throws std::bad_alloc; then
  /// what was set aside is to be forgotten.
  void expect(session& from, job_id first, uint32_t count);
  void forget(job_id first, uint32_t count) noexcept;
  /// The job, which was expected, goes to the port with all others of this pass, by `hand_over`. `shared`: a place of
  /// all jobs of its batch.
  void submit(job_ptr job, admission::place place, std::shared_ptr<admission::place> shared) noexcept;
  /// Returns the latest look at the clock.
  instant hand_over();
  [[nodiscard]] bool has_submitted() const noexcept { return !submitted_.empty(); }
  void cancel(job_id job);
  void ask_stats(session& from, job_id number);
  /// Nobody waits for these any more: asks for their early end. Their places are held until they are answered.
  void abandon(std::span<const session_protocol::open_request> jobs) noexcept;
  /// Hands outcomes to the sessions that wait for them, then lets each of those write once.
  void deliver(std::span<const delivery> deliveries);
  /// Hands what has happened to all who asked in this round.
  void told(job_id question, const metrics_report& report);

  // Those who wait for room.
  /// There was none for their request.
  void held_back(session& one) { held_back_.push_back(&one); }
  /// There is none for the rest of their document.
  void starving(session& one);

  void update_gauges() noexcept; ///< once a pass

private:
  struct waiting_job {
    session* waiter; ///< null once the client is gone
    admission::place place;
    std::shared_ptr<admission::place> shared{}; ///< with the others of its batch
  };

  [[nodiscard]] bool make_room(const std::optional<peer_key>& peer);
  void refuse_unheard(owned_fd socket) noexcept;
  /// The one that goes first, of those at whose peer it is, or of all.
  [[nodiscard]] session* choose(eviction::want what, const std::optional<peer_key>& peer);
  void let_go_on();
  void feed_starving();
  void ask_if_due();
  void sweep();
  void forget_waiting(session& one) noexcept;
  void answer(job_id job, const outcome& result, const column_answer_ptr& columns, instant at);
  void settle_touched();
  void send_for_touched();
  /// Who waits for this, if anybody still does; nobody waits for it any more.
  [[nodiscard]] session* waiter_of(job_id job) noexcept;

  duration sweep_interval_;
  instant next_sweep_ = instant::max();
  uint32_t connections_max_;
  uint64_t last_job_ = 0;
  uint64_t last_connection_ = 0;

public:
  const session_limits protocol_limits;
  const duration request_timeout; ///< 0: none
  texlex::admission admission;
  texlex::gate gate;
  document_pool documents;
  const std::shared_ptr<quota> column_bytes;                  ///< that answers of version 2 may hold
  const document_pool column_memory;                          ///< what they lie in, unless it is lent
  const lending_quotas lending;                               ///< of clients
  const std::shared_ptr<const lending_quotas> process_quotas; ///< of workers that are processes; null: they are not
  const offer offered;
  const hello_texts hellos;
  const texlex::regime* const regime;
  job_port& port;
  server_counters counters;
  warning_pace no_memory_warnings;
  /// Where bytes are read to first, and those that nobody looks at: one for all, as only the I/O thread reads.
  std::array<uint8_t, limits::long_read_ahead_bytes> scratch;
  uint32_t long_inputs = 0; ///< connections that keep more than the usual of what they have read
  bool draining = false;
  std::function<void()> on_idle; ///< called when the last connection has closed
  event_loop loop;
  turn_budget turn;
  phase_times lag; ///< for each job, how long its last byte could have been read before it was seen through

private:
  uint32_t refused_ = 0;     ///< among the sessions, those that only get to know that there is no place for them
  id_map<waiting_job> jobs_; ///< one entry a request
  job_batch submitted_;      ///< in this pass
  std::vector<job_id> submitted_numbers_; ///< theirs, should handing them over fail
  std::deque<session*> held_back_;
  std::deque<session*> starving_;
  instant starving_since_ = instant::max(); ///< nothing was given back since
  std::deque<session*> turns_;
  stats_rounds stats_;
  peer_counts peers_;
  std::vector<std::unique_ptr<session>> sessions_;
  std::vector<std::unique_ptr<session>> buried_; ///< closed in this pass; has room for all of them
  size_t looked_at_ = 0;                         ///< where the next choice begins
  std::vector<session*> touched_;                ///< by the outcomes at hand; kept for its memory
  std::vector<session*> sending_;                ///< of those, in the order of `sends_`; likewise
  std::vector<socket_operation> sends_;
};

} // namespace texlex
