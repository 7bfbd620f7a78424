#include "actors/state/rotation_policy.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {

rotation_policy::rotation_policy(rotation_budgets budgets, uint32_t at_once) : budgets_(budgets), at_once_(at_once) {}

void rotation_policy::memory_seen(uint32_t core, uint64_t resident_bytes) {
  if (resident_bytes != 0 && !too_large(resident_bytes)) replaced_for_memory_.erase(core);
}

wear rotation_policy::wear_of(uint32_t core, const lane_usage& usage, duration age, instant now) const {
  // In units of 2^20, rounded down: no budget, however large, can overflow.
  if (budgets_.alloc_mb != 0 && (usage.bytes_handed_out >> 20) >= budgets_.alloc_mb) return wear::used_up;
  if (budgets_.major_cycles != 0 && usage.trims >= budgets_.major_cycles) return wear::used_up;
  if (budgets_.max_age > duration{0} && age >= budgets_.max_age) return wear::too_old;
  if (!too_large(usage.resident_bytes)) return wear::none;
  const auto last = replaced_for_memory_.find(core);
  return last != replaced_for_memory_.end() && now - last->second < budgets_.rss_pause ? wear::none : wear::too_large;
}

bool rotation_policy::may_start(uint32_t core, instant now) const noexcept {
  return rotations_.size() < at_once_ && now >= held_off_until_ && stage(core) == rotation_stage::idle;
}

void rotation_policy::start(uint32_t core, lane_id old_lane, lane_id replacement, wear reason, instant now) {
  require(stage(core) == rotation_stage::idle, "a core has one rotation at a time");
  rotations_.push_back({.core = core, .old_lane = old_lane, .replacement = replacement});
  if (reason == wear::too_large) replaced_for_memory_[core] = now;
}

std::optional<lane_id> rotation_policy::ready(lane_id lane) noexcept {
  for (rotation& each : rotations_) {
    if (each.stage != rotation_stage::replacing || each.replacement != lane) continue;
    each.stage = rotation_stage::cooling;
    return each.old_lane;
  }
  return std::nullopt;
}

bool rotation_policy::drained(lane_id lane) noexcept {
  for (rotation& each : rotations_) {
    if (each.stage != rotation_stage::cooling || each.old_lane != lane) continue;
    each.stage = rotation_stage::ending;
    return true;
  }
  return false;
}

gone_verdict rotation_policy::gone(lane_id lane) noexcept {
  const auto found = std::find_if(rotations_.begin(), rotations_.end(), [&](const rotation& each) {
    return each.old_lane == lane || (each.stage == rotation_stage::replacing && each.replacement == lane);
  });
  if (found == rotations_.end()) return gone_verdict::unrelated;
  const rotation ended = *found;
  rotations_.erase(found);
  if (ended.old_lane != lane) return gone_verdict::replacement_lost;
  if (ended.stage == rotation_stage::replacing) return gone_verdict::old_lane_lost;
  ++completed_;
  return gone_verdict::completed;
}

rotation_stage rotation_policy::stage(uint32_t core) const noexcept {
  const auto found =
    std::find_if(rotations_.begin(), rotations_.end(), [&](const rotation& each) { return each.core == core; });
  return found == rotations_.end() ? rotation_stage::idle : found->stage;
}

void rotation_policy::check_invariants() const {
  require(rotations_.size() <= at_once_, "so many rotations at a time");
  for (const rotation& each : rotations_)
    require(std::count_if(rotations_.begin(), rotations_.end(), [&](const auto& r) { return r.core == each.core; })
              == 1,
            "a core has one rotation at a time");
}

bool rotation_policy::too_large(uint64_t resident_bytes) const noexcept {
  return budgets_.rss_mb != 0 && (resident_bytes >> 20) >= budgets_.rss_mb;
}

} // namespace texlex
