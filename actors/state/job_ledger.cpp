#include "actors/state/job_ledger.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

/// A job runs once more after a worker has crashed on it; another crash ends it, as the document may be what kills.
constexpr uint32_t crashes_max = 2;

auto find_attempt(open_job& job, lane_id lane) {
  return std::find_if(job.attempts.begin(), job.attempts.end(), [&](const attempt& a) { return a.lane == lane; });
}

} // namespace

bool job_ledger::open(job_ptr job, const workload& work, duration expected) {
  const job_id id = job->id;
  const bool fresh = open_.insert(id.value, {.job = std::move(job), .work = work, .expected = expected});
  opened_ += fresh;
  return fresh;
}

void job_ledger::dispatched(job_id id, lane_id lane, origin origin, instant now) {
  open_job* const found = open_at(id);
  require(found != nullptr, "what is dispatched is open");
  open_job& job = *found;
  require(find_attempt(job, lane) == job.attempts.end(), "a lane runs a job once");
  require(job.attempts.size() < attempts_at_once_max, "a job has a first attempt and a copy at one time");
  job.attempts.push_back({lane, origin});
  ++job.dispatched;
  if (!job.begun) job.begun = now;
  job.hedged |= origin == origin::hedge;
}

std::optional<closed_job> job_ledger::finished(lane_id lane, job_id id, outcome result) {
  open_job* const job = open_at(id);
  if (job == nullptr) return std::nullopt;
  const auto attempt = find_attempt(*job, lane);
  if (attempt == job->attempts.end()) return std::nullopt;
  result.origin = attempt->origin;
  job->attempts.erase(attempt);
  return close(id, result);
}

loss_verdict job_ledger::lost(lane_id lane, job_id id, bool crashed) {
  open_job* const found = open_at(id);
  if (found == nullptr) return loss_verdict::stale;
  open_job& job = *found;
  const auto attempt = find_attempt(job, lane);
  if (attempt == job.attempts.end()) return loss_verdict::stale;
  job.attempts.erase(attempt);
  ++job.losses;
  job.crashes += crashed;
  if (!job.attempts.empty()) return loss_verdict::still_running;
  if (job.crashes >= crashes_max) return loss_verdict::killer;
  return job.losses < limits::losses_per_job_max ? loss_verdict::run_again : loss_verdict::lost_for_good;
}

loss_verdict job_ledger::withdrawn(lane_id lane, job_id id) {
  open_job* const found = open_at(id);
  if (found == nullptr) return loss_verdict::stale;
  open_job& job = *found;
  const auto attempt = find_attempt(job, lane);
  if (attempt == job.attempts.end()) return loss_verdict::stale;
  job.attempts.erase(attempt);
  ++job.withdrawals;
  return job.attempts.empty() ? loss_verdict::run_again : loss_verdict::still_running;
}

std::optional<closed_job> job_ledger::end(job_id id, status status) {
  if (open_at(id) == nullptr) return std::nullopt;
  return close(id, {.status = status, .origin = origin::none});
}

void job_ledger::armed(job_id id) {
  if (open_job* const job = open_at(id)) job->armed = true;
}

void job_ledger::rang(job_id id) {
  if (open_job* const job = open_at(id)) job->armed = false;
}

void job_ledger::hedge_skipped(job_id id) {
  if (open_job* const job = open_at(id)) job->hedge_skipped = true;
}

const open_job* job_ledger::find(job_id id) const { return open_.find(id.value); }

std::vector<job_id> job_ledger::open_ids() const {
  std::vector<job_id> ids;
  ids.reserve(open_.size());
  open_.for_each([&](uint64_t id, const open_job&) { ids.push_back({id}); });
  std::sort(ids.begin(), ids.end()); // in the order they came
  return ids;
}

closed_job job_ledger::close(job_id id, outcome result) {
  closed_job closed{*open_.take(id.value), result, {}};
  // Relaxed: the flag carries no data, and an attempt may well look a chunk later.
  closed.last.job->stop.store(true, std::memory_order_relaxed);
  ++closed_;
  return closed;
}

void job_ledger::check_invariants() const {
  require(opened_ == closed_ + open_.size(), "every job opened is open or was closed once");
  open_.for_each([](uint64_t id, const open_job& job) {
    require(job.job && job.job->id.value == id, "a job is found by its id");
    require(!job.job->stop.load(std::memory_order_relaxed), "an open job is not stopped");
    require(job.dispatched <= limits::attempts_per_job_max, "attempts are bounded");
    require(job.dispatched == job.attempts.size() + job.losses + job.withdrawals,
            "every attempt runs, was lost or was withdrawn while its job is open");
    require(job.crashes <= job.losses, "who crashed is lost");
    require((job.crashes < crashes_max && job.losses < limits::losses_per_job_max) || !job.attempts.empty(),
            "a job lost for good is not kept open");
  });
}

} // namespace texlex
