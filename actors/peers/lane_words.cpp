#include "actors/peers/lane_words.hpp"

#include <bit>

namespace texlex {

bool seen_numbers::has(uint64_t number) const noexcept {
  if (number <= before) return number < before;
  const uint64_t distance = number - before - 1;
  return distance < window && (after >> distance & 1) != 0;
}

bool seen_numbers::add(uint64_t number) noexcept {
  if (has(number) || number > before + window) return false;
  if (number > before) {
    after |= uint64_t{1} << (number - before - 1);
    return true;
  }
  const int run = std::countr_one(after); // of those that follow it
  before += 1 + static_cast<uint64_t>(run);
  after = run >= 63 ? 0 : after >> (run + 1);
  return true;
}

work_wanted work_wanted_of(const job& job) {
  work_wanted wanted{.regime = job.regime != nullptr ? job.regime->name : std::string{}};
  wanted.trace = job.trace;
  if (!job.order) return wanted;
  wanted.columns = job.order->columns;
  wanted.view = job.order->view;
  wanted.unit = job.order->unit;
  wanted.issues_told_max = job.order->issues_told_max;
  return wanted;
}

} // namespace texlex
