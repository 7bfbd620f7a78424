// What a run has seen: how every counted request ended, and a sample of each. Plain counting; no clock, no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "runtime/histogram.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"

namespace texlex::load {

/// How a request ended: the wire's statuses by their numbers, then what only the client can tell.
enum class ending : uint8_t {
  ok = 0,
  unknown_status = status_count,
  wrong,              ///< ok, with counts other than those computed here
  timed_out,          ///< no answer within the time-out, counted from when it was due
  connection_broken,  ///< the connection ended before the answer
  connect_failed,     ///< refused, or no connection within the time-out
  malformed_response, ///< what came is no response of version 1
  unknown_id,         ///< a response to what nobody asked
  not_sent,           ///< too many were waiting for a connection, or the run was given up
};

inline constexpr size_t ending_count = static_cast<size_t>(ending::not_sent) + 1;

[[nodiscard]] ending ending_of(status status) noexcept;
[[nodiscard]] std::string_view name_of(ending ending) noexcept;

/// Whether the server, in good health, said no: overload, shutting-down or too-many-connections.
[[nodiscard]] bool is_refusal(ending ending) noexcept;

/// Whether its latency is one of the run's: an answer, or a time-out, which it took at least.
[[nodiscard]] bool has_latency(ending ending) noexcept;

/// Rounded up, so that none is told shorter than it was.
[[nodiscard]] uint32_t to_sample_us(duration d) noexcept;

/// The lateness of a request of which no byte was written.
inline constexpr uint32_t never_sent = UINT32_MAX;

/// One counted request.
struct load_sample {
  uint32_t latency_us = 0;           ///< from when it was due
  uint32_t lateness_us = never_sent; ///< from when it was due to its first byte
  uint8_t document = 0;
  uint8_t target = 0;
  load::ending ending = ending::ok;
  texlex::origin origin = origin::none;
};

using ending_counts = std::array<uint64_t, ending_count>;

struct load_result {
  std::deque<load_sample> samples; ///< a deque, as growing a vector would hold up a run by copying it
  ending_counts by_ending{};
  histogram looked_late; ///< of an open loop's counted requests: from when each was due to when that was seen
  ending_counts connection_failures{}; ///< what befell connections, whether or not requests were lost with them
  uint64_t idle_closes = 0;            ///< by the server, with nothing in flight
  uint64_t requests_in_all = 0;        ///< those of the warm-up too
  duration elapsed{};                  ///< the counted part, to its last answer
  std::string first_failure;           ///< a sentence; empty if all went well
  std::string error;                   ///< why the run was ended early, if it was
  int interrupted_by = 0;              ///< the signal that ended it, if one did; what was in flight is not counted

  void add(const load_sample& sample);

  [[nodiscard]] uint64_t count_of(ending which) const noexcept { return by_ending[static_cast<size_t>(which)]; }

  /// Whether every counted request was answered ok and right, there was one, no connection failed and
  /// nothing ended the run early.
  [[nodiscard]] bool passed(bool allow_refusals) const noexcept;
};

} // namespace texlex::load
