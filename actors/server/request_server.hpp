// Sockets in, jobs out; outcomes in, responses out. One I/O thread of its own, "texlex.io", does all reading and
// writing over epoll and decides nothing: what a connection may do is in actors/state/session_protocol. A payload
// is read straight into the block of memory the kernels will scan.
//
//   request_server server{settings.server, settings.limits, regime, port};   // port: a job_port that outlives it
//   auto started = server.start();                                           // std::get_if<server_error>(&started)
//   ...                                       the port answers each job with server.deliver(id, outcome)
//   server.drain(now() + 10s);                // at SIGTERM, from the main thread
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "actors/job.hpp"
#include "actors/reports.hpp"
#include "actors/server/counters.hpp"
#include "config/settings.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// Why serving could not begin: one sentence for a person, with the path or address.
struct server_error {
  std::string sentence;
};

/// Where clients reach the server.
struct server_endpoints {
  std::string unix_socket; ///< empty: none
  std::string tcp_address; ///< empty: none
  uint16_t tcp_port = 0;   ///< the real one, also where the settings asked for any
};

/// See `on_turn`.
using turn_function = std::function<instant(instant)>;

class request_server {
public:
  /// `regime` and `port` must outlive the server. Nothing is opened yet.
  request_server(const server_settings& server, const limit_settings& limits, const regime* regime, job_port& port,
                 document_memory memory = document_memory::own);

  /// Ends the I/O thread at once if `drain` was not called: what is open then gets no response.
  ~request_server();
  request_server(const request_server&) = delete;
  request_server& operator=(const request_server&) = delete;

  /// Opens the sockets and starts the I/O thread. To be called once.
  [[nodiscard]] std::variant<server_endpoints, server_error> start();

  /// One job's outcome, from any thread; returns at once. An id that is not in flight is dropped and counted, so that
  /// a late or second answer does no harm. May be called until the destructor begins, also after `drain`.
  void deliver(job_id id, const outcome& result, const column_answer_ptr& columns = {});

  /// Likewise what has happened, for whoever asked under this number (`job_port::ask_stats`).
  void tell(job_id number, const metrics_report& report);

  /// What else the I/O thread is to do each time it has handled something. The work is told the thread's latest look at
  /// the clock, and returns when it is to be done next at the latest: `instant::min()` at once, `instant::max()` no
  /// need. To be called before `start`.
  void on_turn(turn_function work);

  /// Has the I/O thread do that soon; from any thread. Before `start` it waits for that.
  void wake();

  /// Has the stats tell that it is about to end, while all is served as before. From any thread.
  void announce_drain() noexcept;

  /// Stops accepting, answers what was accepted, closes every connection and ends the I/O thread; returns when that is
  /// done. What is still open at `deadline` is cancelled and answered `shutting_down`, and half a second later the
  /// last connection is closed. Returns how many requests the deadline met. Not to be called from the I/O thread.
  uint64_t drain(instant deadline);

  [[nodiscard]] server_counts counts() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace texlex
