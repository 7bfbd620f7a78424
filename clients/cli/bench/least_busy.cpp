#include "clients/cli/bench/least_busy.hpp"

#include <algorithm>

namespace texlex::load {

least_busy::least_busy(uint32_t members, uint32_t in_flight_each_max) : lists_(in_flight_each_max), members_(members) {}

void least_busy::offer(uint32_t member, uint32_t in_flight) {
  if (members_[member].in_flight == in_flight) return; // it keeps its turn
  withdraw(member);
  list& to = lists_[in_flight];
  members_[member] = {to.last, nobody, in_flight};
  (to.last == nobody ? to.first : members_[to.last].behind) = member;
  to.last = member;
  lowest_ = std::min(lowest_, in_flight);
}

void least_busy::withdraw(uint32_t member) {
  const membership was = members_[member];
  if (was.in_flight == nobody) return;
  list& from = lists_[was.in_flight];
  (was.before == nobody ? from.first : members_[was.before].behind) = was.behind;
  (was.behind == nobody ? from.last : members_[was.behind].before) = was.before;
  members_[member] = {};
}

std::optional<uint32_t> least_busy::first() noexcept {
  while (lowest_ < lists_.size() && lists_[lowest_].first == nobody) ++lowest_;
  if (lowest_ == lists_.size()) return std::nullopt;
  return lists_[lowest_].first;
}

} // namespace texlex::load
