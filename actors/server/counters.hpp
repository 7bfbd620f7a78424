// What the request server counts. Written by its I/O thread only, read by any thread (a scrape, a test, the log).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "actors/reports.hpp"
#include "runtime/outcome.hpp"

namespace texlex {

/// A reading of the counters. Each number is exact; two of them may be some events apart.
struct server_counts {
  uint64_t draining = 0; ///< 1: it is about to end, or ends
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;     ///< answered with `too_many_connections`; not among those accepted
  uint64_t connections_open = 0;        ///< at present, the refused ones apart
  uint64_t requests = 0;                ///< request headers read, whatever became of them
  uint64_t requests_in_flight = 0;      ///< at present: admitted and without an outcome, or not yet read to their end
  uint64_t request_bytes_in_flight = 0; ///< at present: their documents' bytes
  uint64_t column_bytes_in_flight = 0;  ///< at present: memory of columns being made or not yet sent
  uint64_t documents_passed = 0;        ///< documents in memory that their clients have passed
  uint64_t columns_lent = 0;            ///< responses whose columns lie in memory that was passed
  uint64_t lent_bytes = 0;              ///< at present: of that, or being made in order to be
  uint64_t cancels_of_unknown_ids = 0;
  uint64_t stats_told = 0;                 ///< stats responses
  uint64_t deprecated_payloads = 0;        ///< requests without the inner length
  uint64_t late_answers = 0;               ///< outcomes nobody waits for any more: dropped
  uint64_t clients_vanished = 0;           ///< connections that broke in a frame, or before all responses were taken
  uint64_t connections_timed_out = 0;      ///< ended by one of the three time-outs
  uint64_t connections_pushed_out = 0;     ///< ended as others needed their place more
  uint64_t connections_without_memory = 0; ///< ended as there was none for them
  uint64_t unread_bytes = 0; ///< of all clients, that lay in their sockets at the latest look at time-outs
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  phase_report loop_lag; ///< of requests, as of the latest look at time-outs, or the latest stats response
  std::array<uint64_t, status_count> responses{}; ///< by status: handed to the connection to be written
};

/// The same as the I/O thread keeps them.
struct server_counters {
  /// One thread adds, so that relaxed order loses nothing.
  class counter {
  public:
    void add(uint64_t n = 1) noexcept { value_.store(read() + n, std::memory_order_relaxed); }
    void set(uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<uint64_t> value_ = 0;
  };

  counter draining;
  counter connections_accepted;
  counter connections_refused;
  counter connections_open;
  counter requests;
  counter requests_in_flight;
  counter request_bytes_in_flight;
  counter column_bytes_in_flight;
  counter documents_passed;
  counter columns_lent;
  counter lent_bytes;
  counter cancels_of_unknown_ids;
  counter stats_told;
  counter deprecated_payloads;
  counter late_answers;
  counter clients_vanished;
  counter connections_timed_out;
  counter connections_pushed_out;
  counter connections_without_memory;
  counter unread_bytes;
  counter bytes_read;
  counter bytes_written;
  std::array<counter, status_count> responses;

  void set_loop_lag(const phase_report& lag) {
    const std::lock_guard guard{loop_lag_mutex};
    loop_lag = lag;
  }
  mutable std::mutex loop_lag_mutex; // held for a copy
  phase_report loop_lag;

  [[nodiscard]] server_counts read() const;
};

} // namespace texlex
