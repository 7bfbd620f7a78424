// Rules for a `fault_channel`, to be put together: what happens to messages by their number, or by chance from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/fault/fault_channel.hpp"

namespace texlex::fault {

/// In thousandths of all messages; together at most 1000.
struct fault_rates {
  uint32_t drop = 0;
  uint32_t duplicate = 0;
  uint32_t hold = 0; ///< which puts it behind the next one
  uint32_t kill = 0; ///< the actor behind the channel
  uint32_t delay = 0;
  duration delay_max = std::chrono::milliseconds{50}; ///< from 0 up to this
};

/// What happens to a message follows from the seed and its number alone, so that a run can be had again. Throws
/// std::invalid_argument if the rates add up to more than 1000.
[[nodiscard]] fault_rule by_seed(uint64_t seed, const fault_rates& rates);

/// What happens to the n-th message, counted from 0, as written down; to all that follow, nothing.
[[nodiscard]] fault_rule by_script(std::vector<verdict> script);

/// The n-th message kills the actor behind the channel, and is lost.
[[nodiscard]] fault_rule kill_at(size_t nth);

} // namespace texlex::fault
