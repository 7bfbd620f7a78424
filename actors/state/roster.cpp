#include "actors/state/roster.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

// The I/O thread's own worker takes small documents only: it makes no staff.
bool is_staff(uint32_t core) noexcept { return core != loop_core; }

size_t staff_among(const std::set<uint32_t>& cores) noexcept { return cores.size() - cores.count(loop_core); }

} // namespace

roster::roster(roster_options options, roster_effects& effects)
  : options_(std::move(options)), effects_(effects), rotation_(options_.budgets, options_.rotations_at_once),
    restart_(options_.restart) {}

void roster::start(instant now) {
  for (const uint32_t core : options_.cores) spawn(core, now);
}

void roster::ready(lane_id lane) {
  const auto found = workers_.find(lane.value);
  if (found == workers_.end() || found->second.stage != stage::starting) return;
  found->second.stage = stage::hot;
  found->second.joined = true;
  effects_.joined(lane);
  if (is_staff(found->second.core)) {
    absent_since_.reset();
    unstaffed_ = false;
  }
  const auto old_lane = rotation_.ready(lane);
  if (!old_lane) return;
  workers_.at(old_lane->value).stage = stage::cooling;
  effects_.cooling(*old_lane);
}

void roster::reported(lane_id lane, const lane_usage& usage, instant now) {
  const auto found = workers_.find(lane.value);
  if (found == workers_.end()) return;
  member& worker = found->second;
  worker.usage = usage;
  rotation_.memory_seen(worker.core, usage.resident_bytes);
  rotate_if_worn(lane, worker, now);
  worker.usage.resident_bytes = 0; // unlike the rest it does not only grow: known now, but not later
}

void roster::drained(lane_id lane) {
  const auto found = workers_.find(lane.value);
  if (found == workers_.end() || !rotation_.drained(lane)) return;
  end(lane, found->second);
}

void roster::down(lane_id lane, death cause, instant now) {
  if (stuck_.erase(lane.value) != 0) return; // came back after all, and was replaced long ago
  const auto found = workers_.find(lane.value);
  if (found == workers_.end()) return;
  const member gone = found->second;
  workers_.erase(found);
  lose(lane, gone, cause, now);
}

void roster::stuck(lane_id lane, death cause, instant now) {
  const auto found = workers_.find(lane.value);
  if (found == workers_.end() || !found->second.joined) return;
  member gone = found->second;
  if (gone.stage != stage::ending) end(lane, gone); // should it come back
  workers_.erase(found);
  stuck_.insert(lane.value);
  effects_.event(core_event::stuck, gone.core);
  lose(lane, gone, cause, now);
  if (closed_ || options_.stuck_max == 0 || stuck_.size() < options_.stuck_max) return;
  if (!std::exchange(too_many_stuck_, true)) effects_.too_many_stuck();
}

void roster::tick(instant now) {
  rotate_worn(now);
  const auto until = absent_until();
  if (!until || now < *until) return;
  absent_too_long_ = true; // told once
  effects_.absent_too_long();
}

std::optional<instant> roster::absent_until() const noexcept {
  if (closed_ || absent_too_long_ || !absent_since_ || options_.absent_max == duration{0}) return std::nullopt;
  return *absent_since_ + options_.absent_max;
}

void roster::spawn_due(uint32_t core, instant now) {
  if (awaiting_respawn_.erase(core) == 0) return; // nobody is awaited once it is closed
  resting_.erase(core);
  spawn(core, now);
}

void roster::close() {
  closed_ = true;
  awaiting_respawn_.clear();
  resting_.clear();
  for (auto& [lane, worker] : workers_)
    if (worker.stage != stage::ending) end({lane}, worker);
}

lane_id roster::spawn(uint32_t core, instant now) {
  const lane_id lane{next_lane_++};
  workers_[lane.value] = {.core = core, .spawned = now};
  effects_.spawn(lane, core);
  return lane;
}

void roster::end(lane_id lane, member& worker) {
  worker.stage = stage::ending;
  effects_.end(lane);
}

// It is no longer there for anybody, and its core goes on without it.
void roster::lose(lane_id lane, const member& worker, death cause, instant now) {
  if (worker.joined) effects_.left(lane, cause);
  if (worker.joined) note_absence(now);
  if (closed_) return;
  switch (rotation_.gone(lane)) {
    case gone_verdict::completed: effects_.event(core_event::rotated, worker.core); break;
    case gone_verdict::replacement_lost: // its core still has a worker: try again, but not at once and not for ever
      rotation_.hold_off(now + restart_.failed(worker.core, cause, now).delay);
      break;
    case gone_verdict::old_lane_lost: // counted, and its replacement is on its way
      static_cast<void>(restart_.failed(worker.core, cause, now));
      effects_.event(core_event::restarted, worker.core);
      break;
    case gone_verdict::unrelated: restart(worker.core, cause, now); break;
  }
  rotate_worn(now);
  say_if_unstaffed();
}

void roster::rotate_if_worn(lane_id lane, const member& worker, instant now) {
  if (closed_ || worker.stage != stage::hot) return;
  const wear reason = rotation_.wear_of(worker.core, worker.usage, now - worker.spawned, now);
  if (reason == wear::none || !rotation_.may_start(worker.core, now)) return;
  const lane_id replacement = spawn(worker.core, now); // on the same core, while the old one still works
  rotation_.start(worker.core, lane, replacement, reason, now);
}

// A worn worker that gets no more jobs reports no more: so all are looked at when a rotation ends.
void roster::rotate_worn(instant now) {
  for (const auto& [lane, worker] : workers_) rotate_if_worn({lane}, worker, now);
}

void roster::restart(uint32_t core, death cause, instant now) {
  const restart_plan plan = restart_.failed(core, cause, now);
  awaiting_respawn_.insert(core);
  if (plan.rest) resting_.insert(core);
  effects_.event(plan.rest ? core_event::given_up : core_event::restarted, core);
  effects_.spawn_later(core, plan.delay);
}

void roster::note_absence(instant now) {
  const bool anybody = std::any_of(workers_.begin(), workers_.end(), [](const auto& each) {
    return is_staff(each.second.core) && (each.second.stage == stage::hot || each.second.stage == stage::cooling);
  });
  if (!anybody && !absent_since_) absent_since_ = now;
}

void roster::say_if_unstaffed() {
  if (unstaffed_ || staffed()) return;
  unstaffed_ = true;
  effects_.unstaffed();
}

bool roster::staffed() const noexcept {
  const bool anybody =
    std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return is_staff(w.second.core); });
  return anybody || staff_among(awaiting_respawn_) > staff_among(resting_);
}

health_report roster::health() const noexcept {
  health_report report;
  for (const auto& [lane, worker] : workers_) {
    if (!is_staff(worker.core)) continue;
    report.lanes_alive += worker.stage == stage::hot;
    report.lanes_starting += worker.stage == stage::starting;
  }
  report.lanes_starting += static_cast<uint32_t>(staff_among(awaiting_respawn_) - staff_among(resting_));
  report.lanes_stuck = static_cast<uint32_t>(stuck_.size());
  report.cores_given_up = static_cast<uint32_t>(staff_among(resting_));
  return report;
}

void roster::check_invariants() const {
  restart_.check_invariants();
  rotation_.check_invariants();
  size_t cooling = 0;
  for (const auto& [lane, worker] : workers_) {
    require(worker.joined || worker.stage == stage::starting || closed_, "who works has joined");
    cooling += worker.stage == stage::cooling;
  }
  require(std::includes(awaiting_respawn_.begin(), awaiting_respawn_.end(), resting_.begin(), resting_.end()),
          "a core that rests is tried again");
  require(cooling <= options_.rotations_at_once, "a lane that cools is part of a rotation");
  for (const uint32_t lane : stuck_) require(!workers_.contains(lane), "who is abandoned is no worker any more");
  for (const uint32_t core : options_.cores) {
    const auto on_core =
      std::count_if(workers_.begin(), workers_.end(), [&](const auto& w) { return w.second.core == core; });
    require(on_core <= 2, "a core has its worker and at most its replacement or predecessor");
    if (!closed_ && on_core == 0) require(awaiting_respawn_.contains(core), "a core has a worker, or will have one");
  }
}

} // namespace texlex
