#include "actors/state/restart_policy.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

/// More doublings than any delay has.
constexpr size_t others_max = 32;

} // namespace

restart_policy::restart_policy(restart_options options) : options_(options) {}

restart_plan restart_policy::failed(uint32_t core, death cause, instant now) {
  auto& [failures, others] = cores_[core];
  forget_old(failures, now);
  forget_old(others, now);
  if (cause != death::outside && failures.size() >= options_.restarts_max) return {options_.window, true};
  duration delay = options_.delay_first;
  for (size_t i = 0; i < failures.size() + others.size() && delay < options_.delay_max; ++i) delay *= 2;
  auto& deaths = cause == death::outside ? others : failures;
  deaths.push_back(now);
  if (others.size() > others_max) others.pop_front();
  return {std::min(delay, options_.delay_max), false};
}

void restart_policy::forget_old(std::deque<instant>& deaths, instant now) const {
  while (!deaths.empty() && now - deaths.front() >= options_.window) deaths.pop_front();
}

void restart_policy::check_invariants() const {
  for (const auto& [core, deaths] : cores_) {
    require(deaths.failures.size() <= options_.restarts_max, "restarts are bounded");
    require(deaths.others.size() <= others_max, "deaths from outside are not kept for ever");
    require(std::is_sorted(deaths.failures.begin(), deaths.failures.end()), "failures are kept in order");
  }
}

} // namespace texlex
