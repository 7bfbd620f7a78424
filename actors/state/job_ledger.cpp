#include "actors/state/job_ledger.hpp"

#include <algorithm>
#include <utility>

#include "actors/state/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

/// A job runs once more after a worker has crashed on it; another crash ends it, as the document may be what kills.
constexpr uint32_t crashes_max = 2;

/// Attempts of a job that run at one time: a first and its copy. It runs again only once none is left.
constexpr size_t attempts_at_once_max = 2;

auto find_attempt(open_job& job, lane_id lane) {
  return std::find_if(job.attempts.begin(), job.attempts.end(), [&](const attempt& a) { return a.lane == lane; });
}

} // namespace

bool job_ledger::open(job_ptr job, const workload& work, duration expected) {
  const job_id id = job->id;
  open_job entry{.job = std::move(job), .work = work, .expected = expected};
  entry.attempts.reserve(attempts_at_once_max); // so that nothing later can fail for memory
  const bool fresh = open_.try_emplace(id.value, std::move(entry)).second;
  opened_ += fresh;
  return fresh;
}

void job_ledger::dispatched(job_id id, lane_id lane, origin origin, instant now) {
  open_job& job = open_.at(id.value);
  require(find_attempt(job, lane) == job.attempts.end(), "a lane runs a job once");
  job.attempts.push_back({lane, origin});
  ++job.dispatched;
  if (!job.begun) job.begun = now;
  job.hedged |= origin == origin::hedge;
}

std::optional<closed_job> job_ledger::finished(lane_id lane, job_id id, outcome result) {
  const auto job = open_.find(id.value);
  if (job == open_.end()) return std::nullopt;
  const auto attempt = find_attempt(job->second, lane);
  if (attempt == job->second.attempts.end()) return std::nullopt;
  result.origin = attempt->origin;
  job->second.attempts.erase(attempt);
  return close(job, result);
}

loss_verdict job_ledger::lost(lane_id lane, job_id id, bool crashed) {
  const auto found = open_.find(id.value);
  if (found == open_.end()) return loss_verdict::stale;
  open_job& job = found->second;
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
  const auto found = open_.find(id.value);
  if (found == open_.end()) return loss_verdict::stale;
  open_job& job = found->second;
  const auto attempt = find_attempt(job, lane);
  if (attempt == job.attempts.end()) return loss_verdict::stale;
  job.attempts.erase(attempt);
  ++job.withdrawals;
  return job.attempts.empty() ? loss_verdict::run_again : loss_verdict::still_running;
}

std::optional<closed_job> job_ledger::end(job_id id, status status) {
  const auto job = open_.find(id.value);
  if (job == open_.end()) return std::nullopt;
  return close(job, {.status = status, .origin = origin::none});
}

void job_ledger::armed(job_id id) { open_.at(id.value).armed = true; }

void job_ledger::rang(job_id id) {
  if (const auto job = open_.find(id.value); job != open_.end()) job->second.armed = false;
}

void job_ledger::hedge_skipped(job_id id) { open_.at(id.value).hedge_skipped = true; }

const open_job* job_ledger::find(job_id id) const {
  const auto job = open_.find(id.value);
  return job == open_.end() ? nullptr : &job->second;
}

std::vector<job_id> job_ledger::open_ids() const {
  std::vector<job_id> ids;
  ids.reserve(open_.size());
  for (const auto& [id, job] : open_) ids.push_back({id});
  std::sort(ids.begin(), ids.end()); // in the order they came
  return ids;
}

closed_job job_ledger::close(map::iterator job, outcome result) {
  // Relaxed: the flag carries no data, and an attempt may well look a chunk later.
  job->second.job->stop.store(true, std::memory_order_relaxed);
  closed_job closed{std::move(job->second), result};
  open_.erase(job);
  ++closed_;
  return closed;
}

void job_ledger::check_invariants() const {
  require(opened_ == closed_ + open_.size(), "every job opened is open or was closed once");
  for (const auto& [id, job] : open_) {
    require(job.job && job.job->id.value == id, "a job is found by its id");
    require(!job.job->stop.load(std::memory_order_relaxed), "an open job is not stopped");
    require(job.dispatched <= limits::attempts_per_job_max, "attempts are bounded");
    require(job.dispatched == job.attempts.size() + job.losses + job.withdrawals,
            "every attempt runs, was lost or was withdrawn while its job is open");
    require(job.crashes <= job.losses, "who crashed is lost");
    require((job.crashes < crashes_max && job.losses < limits::losses_per_job_max) || !job.attempts.empty(),
            "a job lost for good is not kept open");
  }
}

} // namespace texlex
