#include "clients/cli/bench/flight_table.hpp"

#include <algorithm>

namespace texlex::load {

flight_table::place flight_table::add(const due_request& request) {
  place at = static_cast<place>(places_.size());
  if (free_.empty()) {
    places_.emplace_back();
    free_.reserve(places_.size()); // so that none is lost for want of memory when it is given back
  } else {
    at = free_.back();
    free_.pop_back();
  }
  ++count_;
  places_[at].id = ++last_number_ << place_bits | at;
  places_[at].request = request;
  places_[at].lateness_us = never_sent;
  earliest_ = std::min(earliest_, request.intended);
  return at;
}

void flight_table::remove(place at) {
  places_[at].id = 0;
  free_.push_back(at);
  --count_;
}

flight_table::place flight_table::find(uint64_t id) const noexcept {
  const auto at = static_cast<place>(id & ((1u << place_bits) - 1));
  return at < places_.size() && places_[at].id == id && id != 0 ? at : none;
}

} // namespace texlex::load
