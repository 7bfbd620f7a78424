#include "actors/state/lane_table.hpp"

#include <algorithm>
#include <utility>

#include "actors/state/invariant.hpp"

namespace texlex {
namespace {

bool holds(const std::vector<job_id>& jobs, job_id job) {
  return std::find(jobs.begin(), jobs.end(), job) != jobs.end();
}

} // namespace

void lane_table::join(lane_id id, uint32_t capacity) {
  row entry{.capacity = capacity};
  entry.in_flight.reserve(capacity); // so that starting an attempt cannot fail for memory
  require(lanes_.try_emplace(id.value, std::move(entry)).second, "a lane joins once");
}

bool lane_table::cool(lane_id id) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end() || found->second.state == lane_state::cooling) return false;
  found->second.state = lane_state::cooling;
  return found->second.in_flight.empty();
}

std::vector<job_id> lane_table::leave(lane_id id) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end()) return {};
  std::vector<job_id> lost = std::move(found->second.in_flight);
  lanes_.erase(found);
  return lost;
}

std::optional<lane_id> lane_table::pick(job_id job) const {
  std::optional<lane_id> best;
  size_t best_in_flight = 0;
  for (const auto& [id, lane] : lanes_) {
    const size_t running = lane.in_flight.size();
    if (lane.state != lane_state::hot || running >= lane.capacity || holds(lane.in_flight, job)) continue;
    if (best && running >= best_in_flight) continue;
    best = lane_id{id};
    best_in_flight = running;
  }
  return best;
}

std::optional<lane_id> lane_table::pick_idle(job_id job) const {
  const auto lane = pick(job); // it has fewest in flight: if it is not idle, none is
  return lane && in_flight(*lane) == 0 ? lane : std::nullopt;
}

void lane_table::started(lane_id id, job_id job) {
  row& lane = lanes_.at(id.value);
  require(lane.state == lane_state::hot, "only a hot lane is given work");
  require(lane.in_flight.size() < lane.capacity, "a lane is given no more than it can run");
  require(!holds(lane.in_flight, job), "a lane runs a job once");
  lane.in_flight.push_back(job);
}

release_verdict lane_table::finished(lane_id id, job_id job) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end()) return release_verdict::stale;
  if (std::erase(found->second.in_flight, job) == 0) return release_verdict::stale;
  const bool drained = found->second.state == lane_state::cooling && found->second.in_flight.empty();
  return drained ? release_verdict::drained : release_verdict::freed;
}

bool lane_table::any_hot() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l.second.state == lane_state::hot; });
}

size_t lane_table::in_flight() const noexcept {
  size_t count = 0;
  for (const auto& [id, lane] : lanes_) count += lane.in_flight.size();
  return count;
}

size_t lane_table::in_flight(lane_id id) const noexcept {
  const auto found = lanes_.find(id.value);
  return found == lanes_.end() ? 0 : found->second.in_flight.size();
}

void lane_table::check_invariants() const {
  for (const auto& [id, lane] : lanes_) {
    require(lane.in_flight.size() <= lane.capacity, "a lane runs no more than its capacity");
    for (job_id job : lane.in_flight)
      require(std::count(lane.in_flight.begin(), lane.in_flight.end(), job) == 1, "a lane runs a job once");
  }
}

} // namespace texlex
