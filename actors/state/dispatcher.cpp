#include "actors/state/dispatcher.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

// How often time alone is looked at: jobs wait by the millisecond, attempts run too long by the second.
constexpr duration tick_while_waiting = 2ms, tick_while_running = 50ms;

// Only looked at after a worker has died, so that the standard library's is fast enough.
uint64_t hash_of(const job& job) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(job.document.data()), job.document.size()});
}

} // namespace

dispatcher::dispatcher(const dispatch_options& options, dispatch_effects& effects)
  : effects_(effects), waiting_({.queue = options.queue, .control = options.queue_control, .clients = options.clients}),
    hedge_(options.hedge), eject_slow_lanes_(options.eject_slow_lanes), health_(options.lanes),
    lending_(options.lending, options.hedge.delay), watch_(options.watch),
    remote_attempt_max_(options.remote_attempt_max), killers_(options.killers), dice_(options.seed) {}

void dispatcher::submit(job_ptr job) {
  if (ledger_.find(job->id) != nullptr) return; // told twice: the first one is answered
  try {
    admit(job);
    if (waiting().empty()) return;  // it is answered, or with a lane for small documents
  } catch (const std::bad_alloc&) { // the ledger has it, or nobody
    if (ledger_.find(job->id) != nullptr) return end(job->id, status::overload);
    return effects_.answer({.last = {.job = std::move(job)}, .result = {.status = status::overload}});
  }
  fill_lanes();
  refuse_if_nobody_comes();
}

void dispatcher::admit(const job_ptr& job) {
  const job_id id = job->id;
  workload work = workload_of(job->document);
  work.derives = job->order && needs_deriving(job->order->columns);
  const duration expected = waiting_.expected(job->client, work);
  waiting_.comes(job->client, now_);
  try {
    ledger_.open(job, work, expected);
  } catch (const std::bad_alloc&) {
    waiting_.goes(job->client);
    throw;
  }
  if (closed_) return end(id, status::shutting_down);
  if (condemned(*job)) return end(id, status::condemned_document);
  if (now_ >= job->deadline) return end(id, status::deadline_exceeded);
  if (dispatch_to_small_only(*job, work, expected)) return;
  pushed_out_.clear();
  const bool admitted = waiting_.admit(*job, expected, now_, pushed_out_);
  for (const job_id other : pushed_out_) refuse(other);
  if (!admitted) refuse(id);
}

// A lane for small documents is done with one before others would have been told of it. With a long one it is done
// sooner than others too, by as long as it takes to wake two threads, if it has nothing else to do; but to derive
// columns is not done in parts. Background work passes nobody there.
bool dispatcher::dispatch_to_small_only(const job& job, const workload& work, duration expected) {
  if (job.priority == request_priority::background && !waiting().empty()) return false;
  const uint64_t bytes = work.bytes;
  const auto lane = lanes_.small_only_for(bytes)         ? lanes_.small_only_with_room(bytes, expected)
                    : waiting().empty() && !work.derives ? lanes_.small_only_for_one_alone(bytes, expected)
                                                         : std::nullopt;
  if (!lane || (health_.ejected() > 0 && !health_.usable(*lane, now_))) return false;
  dispatch(job.id, *lane, origin::primary);
  return true;
}

void dispatcher::refuse(job_id id) {
  waiting_.refused(now_);
  end(id, status::overload);
}

void dispatcher::cancel(job_id id) {
  waiting_.remove(id);
  end(id, status::cancelled);
}

// The answer goes out before the lane is filled again: its client has waited longer than the next one.
void dispatcher::finished(lane_id lane, job_id id, const outcome& result, const service_time& service,
                          column_answer_ptr columns) {
  const lane_release release = lanes_.finished(lane, id);
  const open_job* const job = ledger_.find(id);
  if (release.verdict != release_verdict::stale)
    release.remote ? learn_remote(lane, release.attempt, result.status)
                   : learn(lane, release.attempt, result.status, service);
  if (job != nullptr && is_handed_back(*job, release.remote, result.status)) {
    if (ledger_.withdrawn(lane, id) == loss_verdict::run_again) waiting_.returned(id, job->job->deadline, now_);
  } else if (auto closed = ledger_.finished(lane, id, result)) {
    closed->columns = std::move(columns);
    answer(std::move(*closed));
  }
  if (release.verdict == release_verdict::drained) effects_.drained(lane);
  fill_lanes();
}

// Nobody stopped it: it was not carried out, or a peer would not. And one that found no memory leaves the answer to its
// twin.
bool dispatcher::is_handed_back(const open_job& job, bool remote, status how) const noexcept {
  if (how == status::cancelled || (remote && hands_back(how))) return true;
  return how == status::overload && job.attempts.size() > 1;
}

hedge_verdict dispatcher::overdue(job_id id) {
  ledger_.rang(id);
  return ask_for_copy(id);
}

hedge_verdict dispatcher::ask_for_copy(job_id id) {
  const auto idle = choose_for_copy(id);
  const hedge_verdict verdict = hedge_.overdue(question_of(id, idle));
  if (verdict == hedge_verdict::send_copy)
    dispatch(id, *idle, origin::hedge);
  else if (verdict != hedge_verdict::already_answered)
    ledger_.hedge_skipped(id);
  if (may_change(verdict) && std::find(late_.begin(), late_.end(), id) == late_.end()) late_.push_back(id);
  return verdict;
}

// A job is asked about once a lane is free, until it has its copy or its answer.
void dispatcher::copy_late_jobs() {
  std::erase_if(late_, [this](job_id id) {
    const auto idle = choose_for_copy(id);
    const hedge_verdict verdict = hedge_.still_overdue(question_of(id, idle));
    if (verdict == hedge_verdict::send_copy) dispatch(id, *idle, origin::hedge);
    return !may_change(verdict);
  });
}

// A peer has room that no job which waits may have: neither those nor what is busy here speak against it.
hedge_question dispatcher::question_of(job_id id, std::optional<lane_id> copy_lane) const {
  const bool remote = copy_lane && lanes_.is_remote(*copy_lane);
  hedge_question question{.jobs_waiting = !remote && !waiting().empty(),
                          .other_lane_idle = copy_lane.has_value(),
                          .busy_percent = remote ? 0 : lanes_.busy_percent()};
  const open_job* const job = ledger_.find(id);
  if (job == nullptr) return question;
  question.open = true;
  question.running = static_cast<uint32_t>(job->attempts.size());
  question.hedged = job->hedged;
  question.losses = job->losses;
  question.overran = job->begun && hedge_.overran(job->job->document.size(), now_ - *job->begun);
  return question;
}

void dispatcher::close() {
  closed_ = true;
  for (const job_id id : ledger_.open_ids()) {
    waiting_.remove(id);
    end(id, status::shutting_down);
  }
}

void dispatcher::pick_up() {
  if (closed_) return close();
  for (const job_id id : ledger_.open_ids()) {
    const auto attempts = ledger_.find(id)->attempts; // a copy: those that are lost leave
    for (const attempt& each : attempts)
      if (!lanes_.runs(each.lane, id)) lost(each.lane, id, false);
    const open_job* const job = ledger_.find(id);
    if (job != nullptr && job->attempts.empty() && !waiting().holds(id)) end(id, status::overload);
  }
  fill_lanes();
  refuse_if_nobody_comes();
}

void dispatcher::tick() {
  watch_attempts();
  if (eject_slow_lanes_) watch_for_stalls();
  fill_lanes();
}

std::optional<duration> dispatcher::next_tick() const noexcept {
  if (!waiting().empty()) return tick_while_waiting;
  if (lanes_.in_flight() > 0) return tick_while_running;
  return std::nullopt;
}

void dispatcher::fill_lanes() {
  if (waiting().empty() && late_.empty() && !overloaded()) return; // mostly so, where small documents come
  expired_.clear();
  waiting_.look(now_, expired_);
  for (const expired_job& each : expired_)
    end(each.job, each.why == expiry::past_deadline ? status::deadline_exceeded : status::overload);
  if (!late_.empty()) copy_late_jobs(); // those that hold a lane go before jobs that wait
  if (waiting().empty()) return;
  while (!waiting().empty()) {
    look_at_usable_lanes();
    const auto lane = health_.choose(loads_, dice_());
    if (!lane) break;
    const auto id = waiting_.next(lengthy_running(), now_);
    if (!id) break; // the last lane is kept for others
    waiting_.started(ledger_.find(*id)->expected, now_);
    dispatch(*id, *lane, origin::primary);
  }
  lend();
  if (!late_.empty()) copy_late_jobs();
}

void dispatcher::dispatch(job_id id, lane_id lane, origin origin) {
  ledger_.dispatched(id, lane, origin, now_);
  const open_job& job = *ledger_.find(id);
  const uint64_t bytes = job.job->document.size();
  const bool paid = origin == origin::primary && !lanes_.is_small_only(lane); // it waited, if only for a moment
  lanes_.started(lane, {id, bytes, now_, job.job->client, job.job->priority, job.work, job.expected, paid});
  const bool remote = lanes_.is_remote(lane);
  remote ? lending_.started(lane) : health_.started(lane);
  effects_.run(lane, job.job, job.dispatched);
  if (job.dispatched > 1) return; // the hedge delay runs from the first attempt
  hedge_.primary();
  if (const auto delay = hedge_.delay_for(bytes)) {
    ledger_.armed(id);
    effects_.arm(id, remote ? lending_.hedge_after(bytes) : *delay);
  }
}

// A hedge's ring comes by the broker's thread, as a finish does, so its delay has to allow for what that adds; a lane
// is not to blame for it.
void dispatcher::learn(lane_id lane, const lane_attempt& attempt, status how, const service_time& service) {
  const duration took = now_ - attempt.since;
  const duration served = service.took.value_or(took);
  const bool whole = how != status::cancelled && how != status::deadline_exceeded && !service.interrupted;
  waiting_.ended({attempt.client, attempt.priority}, attempt.work, attempt.expected,
                 service.interrupted ? attempt.expected : served, whole, attempt.paid);
  if (how == status::cancelled)
    hedge_.stopped(attempt.bytes, took, now_);
  else
    hedge_.ended(attempt.bytes, took, now_);
  if (!eject_slow_lanes_) return;
  if (how == status::cancelled)
    health_.stopped(lane, attempt.bytes, served, now_);
  else
    health_.finished(lane, attempt.bytes, served, now_);
}

// Not for a worker's first crash: that may be the worker's fault.
void dispatcher::condemn(const job& killer) { killers_.killed(hash_of(killer), killer.document.size(), now_); }

bool dispatcher::condemned(const job& job) const {
  return killers_.suspects(job.document.size()) && killers_.condemned(hash_of(job), now_);
}

void dispatcher::end(job_id id, status status) {
  if (auto closed = ledger_.end(id, status)) answer(std::move(*closed));
}

void dispatcher::answer(closed_job closed) {
  if (closed.last.armed) effects_.disarm(closed.last.job->id);
  if (closed.last.hedge_skipped) std::erase(late_, closed.last.job->id);
  if (closed.result.origin == origin::hedge) hedge_.won();
  if (closed.result.status == status::ok) {
    hedge_.succeeded();
    lending_.succeeded();
  }
  waiting_.goes(closed.last.job->client);
  if (closed.result.status == status::overload)
    if (const auto retry = waiting_.retry_after(now_))
      closed.result.token_count = static_cast<uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(*retry).count());
  effects_.answer(closed);
}

void dispatcher::check_invariants(bool statistics) const {
  ledger_.check_invariants();
  lanes_.check_invariants();
  waiting_.check_invariants();
  if (statistics) hedge_.check_invariants();
  health_.check_invariants();
  lending_.check_invariants();
  watch_.check_invariants();
  killers_.check_invariants();
  size_t without_lane = 0, attempts = 0;
  ledger_.each_open([&](const open_job& job) {
    without_lane += job.attempts.empty();
    attempts += job.attempts.size();
  });
  require(hedge_.primaries() <= ledger_.opened(), "a job earns its share of a copy once, however often it runs");
  require(without_lane == waiting().size(), "an open job waits exactly if it has no attempt");
  require(attempts <= lanes_.in_flight(), "every attempt of an open job occupies a lane");
  if (!waiting().empty() && health_.ejected() == 0) {
    std::vector<lane_load> free;
    lanes_.with_room(free);
    require(free.empty() || waiting().only_lengthy(), "no job waits while a lane could run it");
  }
  for (const job_id id : late_) require(ledger_.find(id) != nullptr, "a late job is open");
  if (closed_) require(ledger_.open_count() == 0, "nothing is open after close");
}

} // namespace texlex
