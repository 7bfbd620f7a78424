// What can go wrong in the simulated world, when it does, and how often it did. Whether the n-th chance of a kind
// strikes follows from the seed and from nothing else, so that each stroke can be left out by itself: that is how a
// failure is made small.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace texlex::simulation {

enum class fault : uint8_t {
  worker_stalls,      ///< an attempt takes a hundred times as long
  worker_slow,        ///< all its attempts do, from its start
  worker_dies,        ///< in an attempt
  worker_dies_unborn, ///< before it is ready
  worker_hangs,       ///< its attempt never ends
  worker_comes_back,  ///< after it was written off, and says what it has
  worker_says_twice,  ///< how an attempt ended
  document_kills,     ///< every worker that begins with it
  word_late,          ///< between supervisor and broker
  timer_early,        ///< a hedge's ring
  timer_late,
  timer_not_disarmed, ///< it rings although it was called off
  client_vanishes,
  client_half_closes,
  client_cancels,
  client_never_reads,
  client_stops_midframe, ///< and says no more
  client_sends_nonsense,
  client_keeps_loans, ///< it does not give back what it was lent
  link_loses,         ///< a word on its way to a lane elsewhere, or back
  link_doubles,
  link_delays,       ///< and so reorders
  link_clogs,        ///< nothing comes through for a while, then all of it
  link_cut_outward,  ///< nothing comes through for a while, and is lost: from us
  link_cut_homeward, ///< and to us
  far_host_pauses,
  far_host_restarts,
  far_host_leaves,  ///< in order, and comes back
  far_host_refuses, ///< an order
  far_clock_skewed, ///< from its start: it goes too fast or too slow
  house_pauses,     ///< looks at its links too late
  shutdown,         ///< in the middle
};
inline constexpr size_t fault_count = 32;

[[nodiscard]] std::string_view name_of(fault which) noexcept;

/// One stroke: the kind, and which of its chances.
struct stroke {
  fault which{};
  uint32_t chance = 0;
  friend auto operator<=>(const stroke&, const stroke&) = default;
};

/// How often, in thousandths of its chances; 0: never in this world.
using fault_rates = std::array<uint32_t, fault_count>;

class fault_book {
public:
  fault_book(uint64_t seed, const fault_rates& rates, std::vector<stroke> left_out)
    : seed_(seed), rates_(rates), left_out_(std::move(left_out)) {}

  /// Whether it strikes now.
  bool strikes(fault which);
  /// From now on nothing does.
  void calm() noexcept { calm_ = true; }

  [[nodiscard]] bool struck(fault which) const noexcept { return count(which) > 0; }
  [[nodiscard]] uint64_t count(fault which) const noexcept { return struck_[static_cast<size_t>(which)]; }
  [[nodiscard]] const std::vector<stroke>& strokes() const noexcept { return strokes_; }

private:
  uint64_t seed_;
  fault_rates rates_;
  std::vector<stroke> left_out_;
  bool calm_ = false;
  std::array<uint32_t, fault_count> chances_{};
  std::array<uint64_t, fault_count> struck_{};
  std::vector<stroke> strokes_;
};

} // namespace texlex::simulation
