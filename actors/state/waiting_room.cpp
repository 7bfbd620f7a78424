#include "actors/state/waiting_room.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

constexpr duration patient_wait_ceiling = std::chrono::milliseconds{limits::patient_wait_ms_max};

duration per_lane(duration work, size_t lanes) noexcept {
  return work / static_cast<duration::rep>(std::max<size_t>(lanes, 1));
}

} // namespace

waiting_room::waiting_room(const waiting_room_options& options)
  : options_(options), queue_(options.queue), standing_(options.clients), estimate_(options.estimate) {
  if (options.control) control_.emplace(*options.control);
}

void waiting_room::comes(uint64_t client, instant now) { patient_ = standing_.comes(client, overloaded(), now); }

bool waiting_room::admit(const job& job, duration expected, instant now, std::vector<job_id>& pushed_out) {
  if (!lengthy(expected)) remember_others(now);
  const waiting_job waiting{job.client, job.id, expected, patient_ && control_, job.deadline, job.priority};
  const turn_taker whose = waiting.taker();
  if (!waiting.patient && has_its_share(whose, now)) return false;
  const bool newcomer = queue_.size_of(whose) == 0;
  if (!waiting.patient && newcomer && !room_for_newcomer(expected, now)) {
    const auto out = queue_.push_out(whose, expected);
    if (!out) return false;
    pushed_out.push_back(*out);
  }
  push_verdict verdict = queue_.push_back(waiting, now);
  if (verdict == push_verdict::queue_full) {
    const auto out = queue_.push_out(whose, expected);
    if (!out) return false;
    pushed_out.push_back(*out);
    verdict = queue_.push_back(waiting, now);
  }
  return verdict == push_verdict::queued;
}

// In overload a client that has its share of the room waiting, and one request that runs, would be refused with more.
// One with nothing here is let in: it may be patient, or push another out. Whoever sends ahead is refused what has
// waited in its socket for twice the target: it would be too late when it is done, and others behind it too.
queue_pressure waiting_room::pressure(instant now) const noexcept {
  if (!control_) return {};
  const duration waited_max = 2 * control_->target();
  const auto retry_ms =
    static_cast<uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(control_->retry_after(now)).count());
  if (!overloaded()) return {.retry_after_ms = retry_ms, .waited_max = waited_max};
  const duration share = control_->room(now) / static_cast<duration::rep>(std::max<size_t>(queue_.clients(), 1));
  const duration each = queue_.cost_of_document(usual_service_);
  return {.in_flight_a_client_max = 2 + static_cast<uint32_t>(std::min<duration::rep>(share / each, 1000)),
          .retry_after_ms = retry_ms,
          .waited_max = waited_max};
}

// In overload clients share what may wait, so that one that floods takes nothing from the others, and there is nothing
// left for the background.
bool waiting_room::has_its_share(turn_taker whose, instant now) const noexcept {
  if (!overloaded()) return false;
  if (whose.background) return true;
  if (queue_.clients() == 0) return false;
  const duration cost = queue_.cost_of(whose.client);
  return cost > duration{0} && cost >= control_->room(now) / static_cast<duration::rep>(queue_.clients());
}

// One that has nothing there may have a job, unless so many have one that it would wait too long.
bool waiting_room::room_for_newcomer(duration expected, instant now) const noexcept {
  constexpr int rooms_for_newcomers = 3, clients_min = 3; // not fewer, however long documents take
  return !overloaded() || queue_.clients() < clients_min
         || queue_.cost() + queue_.cost_of_document(expected) < rooms_for_newcomers * control_->room(now);
}

void waiting_room::observe(instant now) noexcept {
  const duration turns = standing_.crowded(now) ? duration{0} : per_lane(queue_.patient_cost(), lanes_);
  control_->expect(usual_service_ + turns);
  control_->observe(queue_.longest_wait(now), queue_.only_patient(), now);
}

void waiting_room::look(instant now, std::vector<expired_job>& expired) {
  if (control_) observe(now);
  if (queue_.empty()) return;
  const size_t before = expired.size();
  queue_.expire(now, control_ ? control_->wait_max() : duration::max(), control_ ? patient_wait_max() : duration::max(),
                expired);
  if (control_)
    for (size_t i = before; i < expired.size(); ++i) control_->refused(now);
}

// A patient client waits until all others that are had their turns. Four times that, as it is an estimate.
duration waiting_room::patient_wait_max() const noexcept {
  const duration turns = per_lane(options_.clients.patient_max * longest_service_, lanes_);
  return std::max(control_->interval(), std::min(4 * turns, patient_wait_ceiling));
}

// While other documents come, the last lane is for them: of two lanes that both scan one for 35 ms each other client
// would wait for half of it.
bool waiting_room::keeps_the_last(size_t lengthy_running, instant now) const noexcept {
  return lanes_ > 1 && lengthy_running + 1 >= lanes_ && now < not_lengthy_until_;
}

// As long as one of the longest lasts: whoever comes less often does not meet two of them.
void waiting_room::remember_others(instant now) noexcept {
  not_lengthy_until_ = now + std::max(options_.open_lane_memory, longest_service_);
}

std::optional<job_id> waiting_room::next(size_t lengthy_running, instant now) {
  const bool newest_first = control_ && control_->newest_first(queue_.longest_wait(now));
  const auto job = queue_.pop(newest_first ? pop_order::newest_first : pop_order::oldest_first,
                              keeps_the_last(lengthy_running, now) ? pop_from::not_lengthy : pop_from::all);
  if (job && control_) observe(now);
  return job;
}

// Who has waited long for its turn is served now, and is likely to come again.
void waiting_room::started(duration expected, instant now) noexcept {
  if (!lengthy(expected)) remember_others(now);
  if (control_) control_->served(queue_.cost_of_document(expected), now);
}

void waiting_room::ended(turn_taker whose, const workload& work, duration expected, duration took, bool whole,
                         bool paid) noexcept {
  if (paid) queue_.charge(whose, took - expected);
  if (!whole) return;
  estimate_.learn(whose.client, work, took);
  if (!paid) return; // on a lane of others' own
  usual_service_ += (took - usual_service_) / 16;
  longest_service_ += (took - longest_service_) / (took > longest_service_ ? 2 : 256);
}

void waiting_room::refused(instant now) noexcept {
  if (control_) control_->refused(now);
}

std::optional<duration> waiting_room::retry_after(instant now) const noexcept {
  if (!control_) return std::nullopt;
  return control_->retry_after(now);
}

void waiting_room::check_invariants() const {
  queue_.check_invariants();
  standing_.check_invariants();
  estimate_.check_invariants();
}

} // namespace texlex
