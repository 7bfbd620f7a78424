#include "test/simulation/faults.hpp"

#include <algorithm>

#include "test/simulation/dice.hpp"

namespace texlex::simulation {

std::string_view name_of(fault which) noexcept {
  static constexpr std::array<std::string_view, fault_count> names{"worker-stalls",
                                                                   "worker-slow",
                                                                   "worker-dies",
                                                                   "worker-dies-unborn",
                                                                   "worker-hangs",
                                                                   "worker-comes-back",
                                                                   "worker-says-twice",
                                                                   "document-kills",
                                                                   "word-late",
                                                                   "timer-early",
                                                                   "timer-late",
                                                                   "timer-not-disarmed",
                                                                   "client-vanishes",
                                                                   "client-half-closes",
                                                                   "client-cancels",
                                                                   "client-never-reads",
                                                                   "client-stops-midframe",
                                                                   "client-sends-nonsense",
                                                                   "client-keeps-loans",
                                                                   "link-loses",
                                                                   "link-doubles",
                                                                   "link-delays",
                                                                   "link-clogs",
                                                                   "link-cut-outward",
                                                                   "link-cut-homeward",
                                                                   "far-host-pauses",
                                                                   "far-host-restarts",
                                                                   "far-host-leaves",
                                                                   "far-host-refuses",
                                                                   "far-clock-skewed",
                                                                   "house-pauses",
                                                                   "shutdown"};
  return names[static_cast<size_t>(which)];
}

bool fault_book::strikes(fault which) {
  const auto kind = static_cast<size_t>(which);
  const uint32_t chance = chances_[kind]++;
  if (calm_ || rates_[kind] == 0) return false;
  if (mixed(mixed(seed_ + kind) + chance) % 1000 >= rates_[kind]) return false;
  const stroke here{which, chance};
  if (std::find(left_out_.begin(), left_out_.end(), here) != left_out_.end()) return false;
  ++struck_[kind];
  strokes_.push_back(here);
  return true;
}

} // namespace texlex::simulation
