// Lanes that come, go, hang or are far away, and who of them has a job. A part of dispatcher.cpp.
#include <algorithm>
#include <iterator>
#include <new>
#include <optional>
#include <vector>

#include "actors/state/dispatcher.hpp"

namespace texlex {

void dispatcher::lane_joined(lane_id lane, const lane_traits& traits) {
  if (lanes_.knows(lane)) return;
  traits.remote ? lending_.join(lane) : health_.join(lane);
  try {
    lanes_.join(lane, traits);
  } catch (const std::bad_alloc&) {
    traits.remote ? lending_.leave(lane) : health_.leave(lane);
    throw;
  }
  if (!traits.small_only() && !traits.remote) nobody_comes_ = false;
  waiting_.lanes(lanes_.count_for_all());
  fill_lanes();
}

void dispatcher::lane_takes(lane_id lane, uint32_t attempts) {
  lanes_.limit(lane, attempts);
  fill_lanes();
}

void dispatcher::lane_suspected(lane_id lane) {
  std::vector<job_id> doubtful;
  lanes_.each_attempt([&](lane_id of, const lane_attempt& attempt) {
    if (of == lane && ledger_.find(attempt.job) != nullptr) doubtful.push_back(attempt.job);
  });
  for (const job_id id : doubtful) (void)ask_for_copy(id); // its own ring may yet come
}

void dispatcher::lane_cooling(lane_id lane) {
  if (lanes_.cool(lane)) effects_.drained(lane);
  refuse_if_nobody_comes();
}

// A lane takes its attempts in turn: it crashed on the first, and those that waited behind it are not to blame.
void dispatcher::lane_left(lane_id lane, death cause) {
  const auto in_flight = lanes_.leave(lane);
  waiting_.lanes(lanes_.count_for_all());
  health_.leave(lane);
  lending_.leave(lane);
  // The last first, so that the first of them is first in the end.
  for (auto each = in_flight.rbegin(); each != in_flight.rend(); ++each)
    lost(lane, each->job, cause == death::crash && each == std::prev(in_flight.rend()));
  fill_lanes();
  refuse_if_nobody_comes();
}

void dispatcher::lost(lane_id lane, job_id id, bool crashed) {
  const loss_verdict verdict = ledger_.lost(lane, id, crashed);
  if (verdict == loss_verdict::run_again) waiting_.returned(id, ledger_.find(id)->job->deadline, now_);
  if (verdict == loss_verdict::killer) condemn(*ledger_.find(id)->job);
  if (verdict == loss_verdict::killer || verdict == loss_verdict::lost_for_good) end(id, status::worker_lost);
}

void dispatcher::unstaffed() {
  nobody_comes_ = true;
  refuse_if_nobody_comes();
}

// A lane is no better or worse for being given no core now: if others are, it shows in how their attempts end. So a
// stall counts as the watchdog counts, but that slow chunks are no excuse.
void dispatcher::watch_for_stalls() {
  current_.clear();
  hanging_.clear();
  lanes_.each_attempt([this](lane_id lane, const lane_attempt& attempt) {
    if (lanes_.is_remote(lane) || (!current_.empty() && current_.back().lane == lane)) return;
    if (const auto stall = health_.stall_of(attempt.bytes))
      current_.push_back({lane, attempt.job, *stall, attempt.since, attempt.bytes});
  });
  stalls_.look(
    current_, now_, [this](lane_id lane) { return lane_signs{.times = effects_.signs(lane).times}; }, hanging_);
  for (const hanging_lane& each : hanging_) health_.outlasting(each.lane, each.bytes, duration::max(), now_);
}

void dispatcher::watch_attempts() {
  current_.clear();
  hanging_.clear();
  lanes_.each_attempt([this](lane_id lane, const lane_attempt& attempt) {
    if (lanes_.is_small_only(lane)) return; // who would hang there with it is who watches
    if (current_.empty() || current_.back().lane != lane)
      current_.push_back({lane, attempt.job,
                          lanes_.is_remote(lane) ? remote_attempt_max_ : watch_.limit_for(attempt.bytes), attempt.since,
                          attempt.bytes});
  });
  watch_.look(
    current_, now_, [this](lane_id lane) { return effects_.signs(lane); }, hanging_);
  for (const hanging_lane& each : hanging_) effects_.stuck(each.lane, each.cause);
}

// Whoever is next goes to a peer if it may, or stays next: so that clients' turns are the same with peers and without.
void dispatcher::lend() {
  while (!waiting().empty()) {
    lanes_.remote_with_room(0, loads_);
    if (loads_.empty()) return;
    const auto id = waiting_.next(0, now_);
    if (!id) return;
    const open_job& job = *ledger_.find(*id);
    if (const auto peer = choose_peer(job, false)) {
      waiting_.started(job.expected, now_);
      dispatch(*id, *peer, origin::primary);
    } else if (nobody_comes_ && !lanes_.any_hot() && loads_.empty()) {
      end(*id, status::no_worker);
    } else {
      return waiting_.returned(*id, job.job->deadline, now_);
    }
  }
}

// Leaves those that could take it in `loads_`, whether they are well or not.
std::optional<lane_id> dispatcher::choose_peer(const open_job& job, bool late) {
  loads_.clear();
  const bool staffed = lanes_.any_hot();
  if (!lanes_.any_remote() || (staffed && lending_.exhausted()) || !lending_.may_go(job, staffed, late))
    return std::nullopt;
  lanes_.remote_with_room(job.job->document.size(), loads_);
  std::erase_if(loads_, [&](const lane_load& each) { return lanes_.runs(each.lane, job.job->id); });
  return lending_.choose(loads_, dice_(), now_);
}

void dispatcher::look_at_usable_lanes() {
  lanes_.with_room(loads_);
  if (health_.ejected() > 0) // mostly nobody is, and nobody need be asked
    std::erase_if(loads_, [this](const lane_load& each) { return !health_.usable(each.lane, now_); });
}

size_t dispatcher::lengthy_running() const {
  size_t lanes = 0;
  lanes_.each_attempt([&](lane_id lane, const lane_attempt& attempt) {
    lanes += waiting_.lengthy(attempt.expected) && !lanes_.is_small_only(lane) && !lanes_.is_remote(lane);
  });
  return lanes;
}

// An idle lane that is in good health: it runs nothing, the job neither.
std::optional<lane_id> dispatcher::choose_for_copy(job_id id) {
  const open_job* const job = ledger_.find(id);
  if (job == nullptr) return std::nullopt;
  lanes_.with_room(loads_);
  std::erase_if(loads_, [&](const lane_load& each) { return each.in_flight > 0 || health_.is_probe(each.lane); });
  if (!waiting_.may_start(job->expected, lengthy_running(), now_)) return std::nullopt;
  const auto here = health_.choose(loads_, dice_());
  return here ? here : choose_peer(*job, true);
}

// Its client pays what the document was expected to take here, as the way there is not its doing.
void dispatcher::learn_remote(lane_id lane, const lane_attempt& attempt, status how) {
  waiting_.ended({attempt.client, attempt.priority}, attempt.work, attempt.expected, attempt.expected, false,
                 attempt.paid);
  lending_.ended(lane, attempt.bytes, how, now_ - attempt.since, now_);
}

void dispatcher::refuse_if_nobody_comes() {
  if (!nobody_comes_ || lanes_.any_hot() || lanes_.any_remote()) return;
  while (const auto id = waiting_.any()) end(*id, status::no_worker);
}

} // namespace texlex
