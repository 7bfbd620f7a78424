#include "clients/cli/bench/latency_samples.hpp"

#include <algorithm>
#include <cmath>

namespace texlex::load {
namespace {

constexpr uint64_t whole_ppm = 1'000'000;
/// From one point of the curve to the next, the share beyond it shrinks so far: twenty points for each factor of ten.
constexpr double points_per_decade = 20;

} // namespace

latency_samples::latency_samples(std::vector<uint32_t> us) : sorted_us_(std::move(us)) {
  std::ranges::sort(sorted_us_);
}

std::optional<uint32_t> latency_samples::percentile_us(uint32_t parts_per_million) const noexcept {
  const uint64_t rank = (sorted_us_.size() * uint64_t{parts_per_million} + whole_ppm - 1) / whole_ppm; // from 1
  if (rank == 0 || rank + samples_beyond_min > sorted_us_.size()) return std::nullopt;
  return sorted_us_[rank - 1];
}

std::optional<uint32_t> latency_samples::max_us() const noexcept {
  if (sorted_us_.empty()) return std::nullopt;
  return sorted_us_.back();
}

std::vector<curve_point> latency_samples::curve() const {
  std::vector<curve_point> points;
  const auto count = static_cast<double>(sorted_us_.size());
  size_t last_rank = 0;
  for (int step = 0;; ++step) {
    const double beyond = count * std::pow(10, -step / points_per_decade);
    if (beyond < static_cast<double>(samples_beyond_min)) return points;
    const size_t rank = sorted_us_.size() - static_cast<size_t>(std::ceil(beyond));
    if (rank == last_rank) continue;
    last_rank = rank;
    points.push_back({100 * static_cast<double>(rank) / count, sorted_us_[rank - 1]});
  }
}

} // namespace texlex::load
