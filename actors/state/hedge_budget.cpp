#include "actors/state/hedge_budget.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/invariant.hpp"

namespace texlex {

hedge_budget::hedge_budget(const hedge_budget_options& options)
  : options_(options), permille_(options.burst * token_permille),
    copies_after_(std::max(options.window_primaries, 1u)) {}

void hedge_budget::primary() noexcept {
  ++counts_.primaries;
  latest_ = latest_ + 1 == copies_after_.size() ? 0 : latest_ + 1;
  window_copies_ -= copies_after_[latest_]; // of the primary that leaves the window
  copies_after_[latest_] = 0;
}

void hedge_budget::succeeded() noexcept {
  ++counts_.successes;
  permille_ = std::min(permille_ + options_.share_permille, options_.burst * token_permille);
}

bool hedge_budget::try_spend() noexcept {
  if (permille_ < token_permille) {
    ++counts_.refused_empty;
    return false;
  }
  if (window_copies_ >= window_copies_max()) {
    ++counts_.refused_ceiling;
    return false;
  }
  permille_ -= token_permille;
  ++copies_after_[latest_];
  ++window_copies_;
  ++counts_.copies;
  return true;
}

uint64_t hedge_budget::window_copies_max() const noexcept {
  const uint64_t primaries = std::min<uint64_t>(counts_.primaries, copies_after_.size());
  return std::max<uint64_t>(primaries * options_.ceiling_permille / token_permille, options_.window_copies_min);
}

void hedge_budget::check_invariants() const {
  require(permille_ <= options_.burst * token_permille, "the bucket holds no more than the burst");
  require(std::accumulate(copies_after_.begin(), copies_after_.end(), uint64_t{0}) == window_copies_,
          "each copy of the window is counted once");
  require(counts_.copies * token_permille
            <= options_.burst * token_permille + counts_.successes * options_.share_permille,
          "copies beyond the burst were earned");
}

} // namespace texlex
