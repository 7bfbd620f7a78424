// What all connections of one server share: the loop, the limits, the memory for documents, and who waits for which
// job. All of it belongs to the I/O thread, except that any thread may read the counters and post into the loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/server/counters.hpp"
#include "actors/server/event_loop.hpp"
#include "actors/state/admission.hpp"
#include "actors/state/session_protocol.hpp"
#include "actors/state/warning_pace.hpp"
#include "config/settings.hpp"
#include "runtime/document.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class session;

class server_core {
public:
  server_core(const server_settings& server, const limit_settings& limits, const texlex::regime* regime, job_port& port,
              document_memory memory);
  ~server_core();

  // Connections.
  /// Takes a connection on, or tells it that there are too many.
  void connected(owned_fd socket);
  /// A session has closed, whether it was served or refused. It lives on until `bury`, as it may be at work.
  void closed(session& ended);
  [[nodiscard]] std::vector<session*> sessions() const;
  /// At the end of a pass: nobody is at work in a session any more, and those that have closed go.
  void bury() noexcept;
  [[nodiscard]] bool idle() const noexcept { return sessions_.empty(); }

  // Jobs.
  [[nodiscard]] job_id next_job() noexcept { return {++last_job_}; }
  [[nodiscard]] uint64_t next_connection() noexcept { return ++last_connection_; }
  /// The job goes to the port with all others of this pass, by `hand_over`.
  void submit(session& from, job_ptr job, admission::place place);
  void hand_over();
  void cancel(job_id job);
  void ask_stats(session& from, job_id number);
  /// Nobody waits for these any more: asks for their early end. Their places are held until they are answered.
  void abandon(const std::vector<job_id>& jobs);
  /// Hands outcomes to the sessions that wait for them, then lets each of those write once.
  void deliver(const std::vector<std::pair<job_id, outcome>>& outcomes);
  /// Hands what has happened to the session that asked under this number.
  void told(job_id number, const metrics_report& report);

  void update_gauges() noexcept; ///< once a pass

  /// Where bytes are read that nobody looks at: one for all, since only the I/O thread reads.
  static constexpr size_t scratch_bytes = 64u << 10;

private:
  struct waiting_job {
    session* waiter; ///< null once the client is gone
    admission::place place;
  };

  void start_sweep();
  /// Who waits for this, if anybody still does; nobody waits for it any more.
  [[nodiscard]] session* waiter_of(job_id job);

  duration sweep_interval_;
  uint32_t connections_max_;
  uint64_t last_job_ = 0;
  uint64_t last_connection_ = 0;

public:
  const session_limits protocol_limits;
  const duration request_timeout; ///< 0: none
  texlex::admission admission;
  document_pool documents;
  const texlex::regime* const regime;
  job_port& port;
  server_counters counters;
  warning_pace no_memory_warnings;
  std::array<uint8_t, scratch_bytes> scratch;
  bool draining = false;
  std::function<void()> on_idle; ///< called when the last connection has closed
  event_loop loop;

private:
  bool sweeping_ = false;
  uint32_t refused_ = 0; ///< among the sessions, those that only get to know that there are too many
  // One entry a request: its nodes come from this pool, so that none is asked of the allocator once it is warm.
  std::pmr::unsynchronized_pool_resource nodes_;
  std::pmr::unordered_map<uint64_t, waiting_job> jobs_{&nodes_};
  job_batch submitted_; ///< in this pass
  std::unordered_map<session*, std::unique_ptr<session>> sessions_;
  std::vector<std::unique_ptr<session>> buried_; ///< closed in this pass
  std::vector<session*> touched_;                ///< by the outcomes at hand; kept for its memory
};

} // namespace texlex
