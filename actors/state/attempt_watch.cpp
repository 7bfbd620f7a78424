#include "actors/state/attempt_watch.hpp"

#include <algorithm>

#include "actors/state/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {

attempt_watch::attempt_watch(const attempt_watch_options& options) : options_(options) {
  rows_.reserve(2 * limits::workers_max); // a replacement runs while the abandoned one is still known
}

void attempt_watch::started(lane_id lane, uint64_t bytes, instant now) {
  require(find(lane) == rows_.end(), "a watched lane runs one attempt at a time");
  rows_.push_back({.lane = lane, .expiry = now + limit_for(bytes)});
}

end_verdict attempt_watch::ended(lane_id lane) noexcept {
  const auto at = find(lane);
  if (at == rows_.end()) return end_verdict::unknown;
  const bool stuck = at->stuck;
  erase(at);
  return stuck ? end_verdict::abandoned : end_verdict::in_time;
}

void attempt_watch::gone(lane_id lane) noexcept {
  if (const auto at = find(lane); at != rows_.end()) erase(at);
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

std::vector<attempt_watch::row>::iterator attempt_watch::find(lane_id lane) noexcept {
  return std::find_if(rows_.begin(), rows_.end(), [&](const row& each) { return each.lane == lane; });
}

void attempt_watch::erase(std::vector<row>::iterator at) noexcept {
  stuck_ -= at->stuck;
  *at = rows_.back();
  rows_.pop_back();
}

void attempt_watch::check_invariants() const {
  const auto stuck = std::count_if(rows_.begin(), rows_.end(), [](const row& each) { return each.stuck; });
  require(static_cast<uint32_t>(stuck) == stuck_, "each abandoned thread is counted once");
  for (const row& each : rows_)
    require(std::count_if(rows_.begin(), rows_.end(), [&](const row& r) { return r.lane == each.lane; }) == 1,
            "a watched lane runs one attempt at a time");
}

} // namespace texlex
