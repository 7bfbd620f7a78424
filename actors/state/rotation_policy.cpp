#include "actors/state/rotation_policy.hpp"

#include "actors/state/invariant.hpp"

namespace texlex {

rotation_policy::rotation_policy(rotation_budgets budgets) : budgets_(budgets) {}

bool rotation_policy::worn(const lane_usage& usage) const noexcept {
  // In units of 2^20, rounded down: no budget, however large, can overflow.
  if (budgets_.alloc_mb != 0 && (usage.bytes_handed_out >> 20) >= budgets_.alloc_mb) return true;
  return budgets_.major_cycles != 0 && usage.trims >= budgets_.major_cycles;
}

bool rotation_policy::may_start(instant now) const noexcept {
  return stage_ == rotation_stage::idle && now >= held_off_until_;
}

void rotation_policy::start(lane_id old_lane, lane_id replacement) {
  require(stage_ == rotation_stage::idle, "one rotation at a time");
  stage_ = rotation_stage::replacing;
  old_lane_ = old_lane;
  replacement_ = replacement;
}

std::optional<lane_id> rotation_policy::ready(lane_id lane) noexcept {
  if (stage_ != rotation_stage::replacing || lane != replacement_) return std::nullopt;
  stage_ = rotation_stage::cooling;
  return old_lane_;
}

bool rotation_policy::drained(lane_id lane) noexcept {
  if (stage_ != rotation_stage::cooling || lane != old_lane_) return false;
  stage_ = rotation_stage::ending;
  return true;
}

gone_verdict rotation_policy::gone(lane_id lane) noexcept {
  if (stage_ == rotation_stage::idle) return gone_verdict::unrelated;
  const bool replacing = stage_ == rotation_stage::replacing;
  if (lane == old_lane_) {
    stage_ = rotation_stage::idle;
    if (replacing) return gone_verdict::old_lane_lost;
    ++completed_;
    return gone_verdict::completed;
  }
  if (replacing && lane == replacement_) {
    stage_ = rotation_stage::idle;
    return gone_verdict::replacement_lost;
  }
  return gone_verdict::unrelated;
}

} // namespace texlex
