#include "actors/state/attempt_watch.hpp"

#include <algorithm>

#include "actors/state/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

/// A replacement runs while the abandoned lane is still known.
constexpr size_t rows_expected = size_t{2} * limits::workers_max;

} // namespace

attempt_watch::attempt_watch(const attempt_watch_options& options) : options_(options), row_of_lane_(rows_expected) {
  rows_.reserve(rows_expected);
}

void attempt_watch::started(lane_id lane, uint64_t bytes, instant now) {
  require(row_of_lane_.find(lane.value) == no_slot, "a watched lane runs one attempt at a time");
  row_of_lane_.reserve_one();
  rows_.push_back({.lane = lane, .expiry = now + limit_for(bytes)});
  row_of_lane_.insert(lane.value, static_cast<uint32_t>(rows_.size() - 1));
}

end_verdict attempt_watch::ended(lane_id lane) noexcept {
  const uint32_t at = row_of_lane_.find(lane.value);
  if (at == no_slot) return end_verdict::unknown;
  const bool stuck = rows_[at].stuck;
  erase(at);
  return stuck ? end_verdict::abandoned : end_verdict::in_time;
}

void attempt_watch::gone(lane_id lane) noexcept {
  if (const uint32_t at = row_of_lane_.find(lane.value); at != no_slot) erase(at);
}

void attempt_watch::expired(instant now, std::vector<lane_id>& out) {
  for (row& each : rows_) {
    if (each.stuck || now < each.expiry) continue;
    out.push_back(each.lane);
    each.stuck = true;
    ++stuck_;
  }
}

std::optional<instant> attempt_watch::next_expiry() const noexcept {
  std::optional<instant> next;
  for (const row& each : rows_)
    if (!each.stuck && (!next || each.expiry < *next)) next = each.expiry;
  return next;
}

duration attempt_watch::limit_for(uint64_t bytes) const noexcept {
  return options_.limit.value_or(options_.limits[index_of(size_class_of(bytes))]);
}

// The last row takes the place of the one that goes.
void attempt_watch::erase(uint32_t at) noexcept {
  stuck_ -= rows_[at].stuck;
  row_of_lane_.erase(rows_[at].lane.value);
  if (at + 1 < rows_.size()) {
    rows_[at] = rows_.back();
    row_of_lane_.erase(rows_[at].lane.value);
    row_of_lane_.insert(rows_[at].lane.value, at);
  }
  rows_.pop_back();
}

void attempt_watch::check_invariants() const {
  const auto stuck = std::count_if(rows_.begin(), rows_.end(), [](const row& each) { return each.stuck; });
  require(static_cast<uint32_t>(stuck) == stuck_, "each abandoned thread is counted once");
  require(row_of_lane_.count() == rows_.size(), "a watched lane runs one attempt at a time");
  for (uint32_t at = 0; at < rows_.size(); ++at)
    require(row_of_lane_.find(rows_[at].lane.value) == at, "a watched lane is found by its id");
}

} // namespace texlex
