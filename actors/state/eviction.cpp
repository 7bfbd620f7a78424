// The order in which connections go, as numbers that can be compared.
#include "actors/state/eviction.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

// A client that has just connected has had no time to do anything, and one that was served may think for a moment.
constexpr duration newcomer_time = 10ms;
constexpr duration thoughtful = 1s;

// A document of the usual size comes a thousand times as quickly.
constexpr double slow_bytes_per_s = 16.0 * 1024;

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

} // namespace

void eviction::look(const standing& one, size_t index) noexcept {
  const rank its = rank_of(one);
  if (its.order == 0 || !(its > highest_)) return;
  highest_ = its;
  victim_ = index;
}

eviction::rank eviction::rank_of(const standing& one) const noexcept {
  if (want_ == want::bytes && !one.gives_bytes) return {};
  switch (one.at) {
    case standing::kind::busy: return {};
    case standing::kind::reading: {
      const double rate = static_cast<double>(one.bytes) / seconds(one.since + 1us);
      if (want_ == want::bytes) return {1, 1 / (1 + rate)};
      if (one.since < newcomer_time || rate >= slow_bytes_per_s) return {};
      return {3, seconds(one.since) / (1 + rate)};
    }
    case standing::kind::idle:
      if (one.served) return one.since < thoughtful ? rank{} : rank{1, seconds(one.since)};
      return one.since < newcomer_time ? rank{} : rank{2, seconds(one.since)};
  }
  return {};
}

} // namespace texlex
