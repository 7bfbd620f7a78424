#include "actors/state/lane_table.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

template <class Attempts> // const or not
auto find(Attempts& attempts, job_id job) {
  return std::find_if(attempts.begin(), attempts.end(), [&](const lane_attempt& a) { return a.job == job; });
}

} // namespace

void lane_table::join(lane_id id, const lane_traits& traits) {
  row entry{.traits = traits, .attempts_max = std::min(traits.capacity, traits.takes)};
  entry.in_flight.set_capacity(traits.capacity); // so that starting an attempt cannot fail for memory
  require(lanes_.try_emplace(id.value, std::move(entry)).second, "a lane joins once");
  note_small_only();
}

void lane_table::note_small_only() noexcept {
  small_bytes_max_ = 0;
  for (const auto& [id, lane] : lanes_)
    if (lane.state == lane_state::hot && lane.traits.small_only())
      small_bytes_max_ = std::max(small_bytes_max_, lane.traits.document_bytes_max);
}

void lane_table::limit(lane_id id, uint32_t attempts) noexcept {
  const auto found = lanes_.find(id.value);
  if (found != lanes_.end()) found->second.attempts_max = std::min(attempts, found->second.traits.capacity);
}

bool lane_table::cool(lane_id id) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end() || found->second.state == lane_state::cooling) return false;
  found->second.state = lane_state::cooling;
  note_small_only();
  return found->second.in_flight.empty();
}

bool lane_table::runs(lane_id id, job_id job) const noexcept {
  const auto lane = lanes_.find(id.value);
  return lane != lanes_.end() && find(lane->second.in_flight, job) != lane->second.in_flight.end();
}

std::vector<lane_attempt> lane_table::leave(lane_id id) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end()) return {};
  std::vector<lane_attempt> lost{found->second.in_flight.begin(), found->second.in_flight.end()};
  lanes_.erase(found);
  note_small_only();
  return lost;
}

void lane_table::with_room(std::vector<lane_load>& out) const {
  out.clear();
  for (const auto& [id, lane] : lanes_)
    if (lane.state == lane_state::hot && lane.for_all_here() && lane.in_flight.size() < lane.attempts_max)
      out.push_back({lane_id{id}, static_cast<uint32_t>(lane.in_flight.size())});
}

void lane_table::remote_with_room(uint64_t bytes, std::vector<lane_load>& out) const {
  out.clear();
  for (const auto& [id, lane] : lanes_)
    if (lane.state == lane_state::hot && lane.traits.remote && lane.in_flight.size() < lane.attempts_max
        && bytes <= lane.traits.document_bytes_max)
      out.push_back({lane_id{id}, static_cast<uint32_t>(lane.in_flight.size()), lane.traits.near});
}

std::optional<lane_id> lane_table::small_only_with_room(uint64_t bytes, duration expected) const noexcept {
  for (const auto& [id, lane] : lanes_) {
    const lane_traits& traits = lane.traits;
    if (lane.state == lane_state::hot && traits.small_only() && lane.in_flight.size() < traits.capacity
        && bytes <= traits.document_bytes_max && expected <= traits.attempt_max
        && (lane.in_flight.empty() || lane.expected + expected <= traits.in_all_max))
      return lane_id{id};
  }
  return std::nullopt;
}

std::optional<lane_id> lane_table::small_only_for_one_alone(uint64_t bytes, duration expected) const noexcept {
  if (in_flight() > 0) return std::nullopt;
  for (const auto& [id, lane] : lanes_)
    if (lane.state == lane_state::hot && bytes <= lane.traits.alone_bytes_max && expected <= lane.traits.alone_max)
      return lane_id{id};
  return std::nullopt;
}

bool lane_table::is_small_only(lane_id id) const noexcept {
  const auto found = lanes_.find(id.value);
  return found != lanes_.end() && found->second.traits.small_only();
}

bool lane_table::is_remote(lane_id id) const noexcept {
  const auto found = lanes_.find(id.value);
  return found != lanes_.end() && found->second.traits.remote;
}

bool lane_table::any_remote() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l.second.traits.remote; });
}

void lane_table::started(lane_id id, const lane_attempt& attempt) {
  row& lane = lanes_.at(id.value);
  require(lane.state == lane_state::hot, "only a hot lane is given work");
  require(lane.in_flight.size() < lane.traits.capacity, "a lane is given no more than it can run");
  lane.in_flight.push_back(attempt);
  lane.expected += attempt.expected;
}

lane_release lane_table::finished(lane_id id, job_id job) {
  const auto found = lanes_.find(id.value);
  if (found == lanes_.end()) return {};
  row& lane = found->second;
  const auto attempt = find(lane.in_flight, job);
  if (attempt == lane.in_flight.end()) return {};
  lane_release release{release_verdict::freed, *attempt, lane.traits.remote};
  lane.expected -= attempt->expected;
  lane.in_flight.rerase(attempt); // moves those before it, of which there are mostly none
  if (lane.state == lane_state::cooling && lane.in_flight.empty()) release.verdict = release_verdict::drained;
  return release;
}

size_t lane_table::count_for_all() const noexcept {
  return static_cast<size_t>(
    std::count_if(lanes_.begin(), lanes_.end(), [](const auto& l) { return l.second.for_all_here(); }));
}

uint32_t lane_table::busy_percent() const noexcept {
  uint32_t hot = 0, busy = 0;
  for (const auto& [id, lane] : lanes_) {
    if (lane.state != lane_state::hot || !lane.for_all_here()) continue;
    ++hot;
    busy += !lane.in_flight.empty();
  }
  return hot == 0 ? 0 : 100 * busy / hot;
}

bool lane_table::any_hot() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& l) { return l.second.state == lane_state::hot && l.second.for_all_here(); });
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
    require(lane.in_flight.size() <= lane.traits.capacity, "a lane runs no more than its capacity");
    for (const lane_attempt& one : lane.in_flight)
      require(std::count_if(lane.in_flight.begin(), lane.in_flight.end(),
                            [&](const lane_attempt& other) { return one.job == other.job; })
                == 1,
              "a lane runs a job once");
  }
}

} // namespace texlex
