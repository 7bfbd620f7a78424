// All that a run of the load generator is told beforehand: what to send, where to, how often and for how long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "clients/cli/bench/arrival_schedule.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex::load {

/// Requests that are due and wait for a connection. One more is not sent at all, and counted as that.
inline constexpr size_t pending_max = 1'000'000;

/// Requests of a run that are counted: each is kept, so that percentiles are exact.
inline constexpr uint64_t counted_max = 20'000'000;

inline constexpr uint32_t connections_max = 1024;
inline constexpr uint32_t in_flight_max = 4096;
inline constexpr uint32_t targets_max = 64;

/// Failures in a row without an answer after which a run is given up: the server is gone.
inline constexpr uint32_t failures_in_a_row_max = 100;
/// Fewer are enough once they have gone on for a plan's `failing_max`.
inline constexpr uint32_t failures_of_a_server_gone = 10;
/// So is one in which nothing is answered for so many time-outs, and for `failing_max`.
inline constexpr int silent_timeouts_max = 2;

struct load_document {
  std::string name;
  std::vector<uint8_t> bytes;
  outcome expected;
  uint32_t weight = 1;
};

/// A server's address, as it was given and as the system takes it.
struct load_target {
  std::string address;
  sockaddr_storage endpoint{};
  socklen_t endpoint_bytes = 0;
  bool is_tcp = false;
};

struct load_plan {
  std::vector<load_document> documents;
  std::vector<load_target> targets;          ///< connections are dealt over them in turn
  std::optional<double> requests_per_second; ///< open loop; none: closed
  load::arrivals arrivals = arrivals::poisson;
  uint32_t connections = 4;
  uint32_t in_flight = 1; ///< at most, a connection
  bool reconnect = false; ///< a connection a request, closed loop only
  uint64_t count = 0;     ///< requests that count; 0: as many as `span` holds
  duration span{};
  duration warm_up{};
  duration timeout{};
  uint64_t seed = 0;
  bool check = true; ///< answers against `expected`
  bool show_progress = false;
  duration failing_max = std::chrono::seconds{10}; ///< a server that is started anew is back by then
  bool heed_signals = false;                       ///< SIGINT or SIGTERM ends the run; a second one the process
};

} // namespace texlex::load
