// Plain rules, the cheapest first: this is asked for every request.
#include "actors/state/gate.hpp"

namespace texlex {

gate::answer gate::ask(uint64_t bytes, size_t in_flight) noexcept {
  if (short_of_memory_) return {gate_verdict::refuse, {}, pressure_.retry_after_ms};
  const bool queue_has_room = in_flight < pressure_.in_flight_a_client_max;
  if (queue_has_room) {
    if (auto place = places_.admit(bytes)) return {gate_verdict::take, std::move(*place), 0};
  }
  if (in_flight == 0 && places_.ever(bytes)) return {gate_verdict::hold, {}, 0};
  return {gate_verdict::refuse, {}, pressure_.retry_after_ms};
}

} // namespace texlex
