#include "actors/state/waiting_queue.hpp"

#include "actors/state/invariant.hpp"

namespace texlex {

waiting_queue::waiting_queue(size_t count_max) : count_max_(count_max) {}

bool waiting_queue::push_back(job_id id) {
  if (size() >= count_max_) return false;
  insert(next_back_, id);
  ++next_back_;
  return true;
}

void waiting_queue::push_front(job_id id) {
  insert(next_front_, id);
  --next_front_;
}

std::optional<job_id> waiting_queue::front() const {
  if (empty()) return std::nullopt;
  return by_ticket_.begin()->second;
}

bool waiting_queue::remove(job_id id) {
  const auto found = ticket_of_.find(id.value);
  if (found == ticket_of_.end()) return false;
  by_ticket_.erase(found->second);
  ticket_of_.erase(found);
  return true;
}

void waiting_queue::insert(int64_t ticket, job_id id) {
  const auto [place, fresh] = ticket_of_.try_emplace(id.value, ticket);
  require(fresh, "a job waits once");
  try {
    by_ticket_.emplace(ticket, id);
  } catch (...) { // no memory: the queue is as it was
    ticket_of_.erase(place);
    throw;
  }
}

void waiting_queue::check_invariants() const {
  require(by_ticket_.size() == ticket_of_.size(), "each waiting job has one ticket");
  for (const auto& [ticket, id] : by_ticket_) {
    const auto found = ticket_of_.find(id.value);
    require(found != ticket_of_.end() && found->second == ticket, "a waiting job is found by its ticket");
    require(ticket > next_front_ && ticket < next_back_, "tickets were handed out");
  }
}

} // namespace texlex
