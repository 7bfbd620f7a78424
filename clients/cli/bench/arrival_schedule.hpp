// When the requests of an open loop are due, whatever the server does meanwhile: evenly, or at random as those of many
// clients that know nothing of each other. Decided from a seed; knows no clock.
#pragma once

#include <cstdint>
#include <random>

#include "runtime/time.hpp"

namespace texlex::load {

enum class arrivals : uint8_t { poisson, fixed };

class arrival_schedule {
public:
  /// `rate` is in requests a second and above zero.
  arrival_schedule(arrivals kind, double rate, uint64_t seed) : kind_(kind), rate_(rate), chance_(seed) {}

  /// How long after the beginning the next request is due; never before the one before it.
  [[nodiscard]] duration next();

private:
  arrivals kind_;
  double rate_;
  std::mt19937_64 chance_;
  uint64_t count_ = 0;
  double seconds_ = 0;
};

} // namespace texlex::load
