#include "actors/state/overdue_watch.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

// Below this it is not worth looking for stale entries.
constexpr size_t stale_min = 64;

} // namespace

bool overdue_watch::later(const entry& one, const entry& other) noexcept {
  return one.due != other.due ? one.due > other.due : one.id > other.id;
}

bool overdue_watch::stale(const entry& one) const {
  const auto found = due_of_.find(one.id);
  return found == due_of_.end() || found->second != one.due;
}

void overdue_watch::arm(job_id id, instant due) {
  due_of_.insert_or_assign(id.value, due);
  bound_stale();
  heap_.push_back({due, id.value});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void overdue_watch::disarm(job_id id) {
  due_of_.erase(id.value);
  bound_stale();
}

std::optional<job_id> overdue_watch::pop(instant now) {
  drop_stale_top();
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  const job_id id{heap_.front().id};
  due_of_.erase(id.value); // which makes the entry stale
  drop_stale_top();
  bound_stale();
  return id;
}

std::optional<instant> overdue_watch::next_ring() {
  drop_stale_top();
  if (heap_.empty()) return std::nullopt;
  const instant due = heap_.front().due;
  if (planned_ && *planned_ <= due) return std::nullopt;
  planned_ = due;
  return due;
}

void overdue_watch::rang(instant due) noexcept {
  if (planned_ && *planned_ == due) planned_.reset();
}

void overdue_watch::drop_stale_top() {
  while (!heap_.empty() && stale(heap_.front())) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

// At least half of those looked at go, so that it costs each job little.
void overdue_watch::bound_stale() {
  if (heap_.size() <= 2 * due_of_.size() + stale_min) return;
  std::erase_if(heap_, [this](const entry& one) { return stale(one); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void overdue_watch::check_invariants() const {
  require(heap_.size() <= 2 * due_of_.size() + stale_min + 1, "stale entries are bounded");
  require(std::is_heap(heap_.begin(), heap_.end(), later), "the earliest is first");
}

} // namespace texlex
