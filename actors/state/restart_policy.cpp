#include "actors/state/restart_policy.hpp"

#include <algorithm>

#include "actors/state/invariant.hpp"

namespace texlex {

restart_policy::restart_policy(restart_options options) : options_(options) {}

std::optional<duration> restart_policy::failed(uint32_t core, instant now) {
  if (given_up(core)) return std::nullopt;
  auto& failures = failures_[core];
  while (!failures.empty() && now - failures.front() >= options_.window) failures.pop_front();
  if (failures.size() >= options_.restarts_max) {
    given_up_.insert(core);
    failures_.erase(core);
    return std::nullopt;
  }
  duration delay = options_.delay_first;
  for (size_t i = 0; i < failures.size() && delay < options_.delay_max; ++i) delay *= 2;
  failures.push_back(now);
  return std::min(delay, options_.delay_max);
}

void restart_policy::check_invariants() const {
  for (const auto& [core, failures] : failures_) {
    require(!given_up(core), "a core given up is no longer counted");
    require(failures.size() <= options_.restarts_max, "restarts are bounded");
    require(std::is_sorted(failures.begin(), failures.end()), "failures are kept in order");
  }
}

} // namespace texlex
