#include "actors/state/dispatcher.hpp"

#include <new>
#include <utility>

#include "actors/state/invariant.hpp"

namespace texlex {

dispatcher::dispatcher(const dispatch_options& options, dispatch_effects& effects)
  : effects_(effects), waiting_(options.waiting_max), hedge_(options.hedge) {}

void dispatcher::submit(job_ptr job) {
  if (ledger_.find(job->id) != nullptr) return; // told twice: the first one is answered
  try {
    admit(job);
  } catch (const std::bad_alloc&) { // the ledger and the queue are as they were, or the ledger alone has it
    if (ledger_.find(job->id) != nullptr) return end(job->id, status::overload);
    effects_.answer({.last = {.job = std::move(job)}, .result = {.status = status::overload}});
    return;
  }
  fill_lanes();
  refuse_if_nobody_comes();
}

void dispatcher::admit(job_ptr job) {
  const job_id id = job->id;
  ledger_.open(std::move(job));
  if (closed_) return end(id, status::shutting_down);
  if (!waiting_.push_back(id)) end(id, status::overload);
}

void dispatcher::cancel(job_id id) {
  waiting_.remove(id);
  end(id, status::cancelled);
}

// The answer goes out before the lane is filled again: its client has waited longer than the next one.
void dispatcher::finished(lane_id lane, job_id id, const outcome& result) {
  const release_verdict release = lanes_.finished(lane, id);
  if (const auto closed = ledger_.finished(lane, id, result)) answer(*closed);
  if (release == release_verdict::drained) effects_.drained(lane);
  fill_lanes();
}

hedge_verdict dispatcher::overdue(job_id id) {
  const open_job* job = ledger_.find(id);
  const auto idle = lanes_.pick_idle(id);
  hedge_question question{.jobs_waiting = !waiting_.empty(), .other_lane_idle = idle.has_value()};
  if (job != nullptr) {
    question.open = true;
    question.running = static_cast<uint32_t>(job->attempts.size());
    question.hedged = job->hedged;
    question.losses = job->losses;
    ledger_.rang(id);
  }
  const hedge_verdict verdict = hedge_.overdue(question);
  if (verdict == hedge_verdict::send_copy)
    dispatch(id, *idle, origin::hedge);
  else if (verdict != hedge_verdict::already_answered)
    ledger_.hedge_skipped(id);
  return verdict;
}

void dispatcher::lane_joined(lane_id lane) {
  lanes_.join(lane);
  fill_lanes();
}

void dispatcher::lane_cooling(lane_id lane) {
  if (lanes_.cool(lane)) effects_.drained(lane);
  refuse_if_nobody_comes();
}

void dispatcher::lane_left(lane_id lane) {
  const auto lost = lanes_.leave(lane);
  for (auto id = lost.rbegin(); id != lost.rend(); ++id) { // so that the first of them is at the front in the end
    const loss_verdict verdict = ledger_.lost(lane, *id);
    if (verdict == loss_verdict::run_again) waiting_.push_front(*id);
    if (verdict == loss_verdict::lost_for_good) end(*id, status::worker_lost);
  }
  fill_lanes();
  refuse_if_nobody_comes();
}

void dispatcher::unstaffed() {
  nobody_comes_ = true;
  refuse_if_nobody_comes();
}

void dispatcher::close() {
  closed_ = true;
  for (const job_id id : ledger_.open_ids()) {
    waiting_.remove(id);
    end(id, status::shutting_down);
  }
}

void dispatcher::fill_lanes() {
  while (const auto id = waiting_.front()) {
    const auto lane = lanes_.pick(*id);
    if (!lane) return;
    waiting_.remove(*id);
    dispatch(*id, *lane, origin::primary);
  }
}

void dispatcher::dispatch(job_id id, lane_id lane, origin origin) {
  ledger_.dispatched(id, lane, origin, now_);
  lanes_.started(lane, id);
  const open_job& job = *ledger_.find(id);
  effects_.run(lane, job.job);
  if (job.dispatched > 1) return; // the hedge delay runs from the first attempt
  if (const auto delay = hedge_.delay_for(job.job->document.size())) {
    ledger_.armed(id);
    effects_.arm(id, *delay);
  }
}

void dispatcher::refuse_if_nobody_comes() {
  if (!nobody_comes_ || lanes_.any_hot()) return;
  while (const auto id = waiting_.front()) {
    waiting_.remove(*id);
    end(*id, status::no_worker);
  }
}

void dispatcher::end(job_id id, status status) {
  if (const auto closed = ledger_.end(id, status)) answer(*closed);
}

void dispatcher::answer(const closed_job& closed) {
  if (closed.last.armed) effects_.disarm(closed.last.job->id);
  if (closed.result.origin == origin::hedge) hedge_.won();
  effects_.answer(closed);
}

void dispatcher::check_invariants() const {
  ledger_.check_invariants();
  lanes_.check_invariants();
  waiting_.check_invariants();
  size_t without_lane = 0, attempts = 0;
  for (const job_id id : ledger_.open_ids()) {
    const open_job& job = *ledger_.find(id);
    without_lane += job.attempts.empty();
    attempts += job.attempts.size();
  }
  require(without_lane == waiting_.size(), "an open job waits exactly if it has no attempt");
  require(attempts <= lanes_.in_flight(), "every attempt of an open job occupies a lane");
  if (const auto first = waiting_.front()) require(!lanes_.pick(*first), "no job waits while a lane could run it");
  if (closed_) require(ledger_.open_count() == 0, "nothing is open after close");
}

} // namespace texlex
