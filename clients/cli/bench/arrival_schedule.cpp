#include "clients/cli/bench/arrival_schedule.hpp"

#include <cmath>

namespace texlex::load {
namespace {

// Uniform in [0, 1), from the upper 53 bits; std's distributions differ between libraries, and a seed must not.
double uniform(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

} // namespace

duration arrival_schedule::next() {
  if (kind_ == arrivals::fixed) {
    seconds_ = static_cast<double>(count_++) / rate_; // not by adding up, which drifts
  } else {
    seconds_ -= std::log1p(-uniform(chance_())) / rate_;
  }
  return duration{std::llround(seconds_ * 1e9)};
}

} // namespace texlex::load
