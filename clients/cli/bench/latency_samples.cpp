#include "clients/cli/bench/latency_samples.hpp"

#include <algorithm>
#include <cmath>

namespace texlex::load {
namespace {

constexpr uint64_t whole_ppm = 1'000'000;
/// From one point of the curve to the next, the share beyond it shrinks so far: twenty points for each factor of ten.
constexpr double points_per_decade = 20;

// From 1.
uint64_t rank_of(uint64_t count, uint32_t parts_per_million) {
  return (count * parts_per_million + whole_ppm - 1) / whole_ppm;
}

} // namespace

bool supports(uint64_t count, uint32_t parts_per_million) noexcept {
  const uint64_t rank = rank_of(count, parts_per_million);
  return rank > 0 && rank + samples_beyond_min <= count;
}

latency_samples::latency_samples(std::vector<uint32_t> us) : sorted_us_(std::move(us)) {
  std::ranges::sort(sorted_us_);
}

std::optional<uint32_t> latency_samples::percentile_us(uint32_t parts_per_million) const noexcept {
  if (!supports(sorted_us_.size(), parts_per_million)) return std::nullopt;
  return sorted_us_[rank_of(sorted_us_.size(), parts_per_million) - 1];
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
