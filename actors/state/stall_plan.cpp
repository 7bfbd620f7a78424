#include "actors/state/stall_plan.hpp"

#include <array>

namespace texlex {
namespace {

constexpr uint64_t million = 1'000'000;

// All bits of both numbers count, so that workers 1 and 2 under one seed have nothing in common.
std::mt19937_64 dice_of(uint64_t seed, uint64_t worker) {
  std::seed_seq both{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), static_cast<uint32_t>(worker),
                     static_cast<uint32_t>(worker >> 32)};
  return std::mt19937_64{both};
}

} // namespace

stall_plan::stall_plan(const stall_options& options, uint64_t worker)
  : options_(options), dice_(dice_of(options.seed, worker)) {}

std::optional<duration> stall_plan::next() {
  if (options_.ppm == 0 || dice_() % million >= options_.ppm) return std::nullopt;
  return options_.length;
}

} // namespace texlex
