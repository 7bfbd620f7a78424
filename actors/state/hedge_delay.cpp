#include "actors/state/hedge_delay.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

constexpr double outlived_share = 0.05; ///< the 95th percentile
constexpr duration refresh_min = std::chrono::milliseconds{500};
constexpr duration refresh_max = std::chrono::seconds{3};

} // namespace

hedge_delay::hedge_delay(const hedge_delay_options& options) : options_(options) {
  options_.floor = std::min(options_.floor, options_.ceiling);
  options_.refresh = std::clamp(options_.refresh, refresh_min, refresh_max);
  for (window& w : windows_) w.delay = options_.ceiling;
}

void hedge_delay::finished(uint64_t bytes, duration took, instant now) noexcept {
  if (options_.learn) window_at(bytes, now).attempts.ended(to_us(took));
}

void hedge_delay::stopped(uint64_t bytes, duration at_least, instant now) noexcept {
  if (options_.learn) window_at(bytes, now).attempts.stopped(to_us(at_least));
}

hedge_delay::window& hedge_delay::window_at(uint64_t bytes, instant now) noexcept {
  window& w = windows_[index_of(size_class_of(bytes))];
  if (w.open) close_if_due(w, now);
  if (!w.open) {
    w.open = true;
    w.since = now;
  }
  return w;
}

void hedge_delay::close_if_due(window& w, instant now) noexcept {
  const duration age = now - w.since;
  if (age < options_.refresh) return;
  const bool enough = w.attempts.ended_count() >= options_.ended_min;
  if (!enough && age < options_.window_max) return;
  w.delay = enough ? estimate(w.attempts) : options_.ceiling;
  w.attempts.clear();
  w.open = false;
  refreshes_ += enough;
}

duration hedge_delay::estimate(const survival_histogram& attempts) const noexcept {
  const auto us = attempts.outlived_by(outlived_share);
  if (!us) return options_.ceiling;
  return std::clamp<duration>(std::chrono::microseconds{*us}, options_.floor, options_.ceiling);
}

void hedge_delay::check_invariants() const {
  for (const window& w : windows_) {
    w.attempts.check_invariants();
    require(w.delay >= options_.floor && w.delay <= options_.ceiling, "a hedge delay lies between floor and ceiling");
    require(w.open || w.attempts.ended_count() + w.attempts.stopped_count() == 0, "attempts lie in an open window");
  }
}

} // namespace texlex
