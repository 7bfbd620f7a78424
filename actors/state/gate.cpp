// Plain rules, the cheapest first: this is asked for every request.
#include "actors/state/gate.hpp"

namespace texlex {

gate::answer gate::ask(const gate_request& request) noexcept {
  const bool sends_ahead = request.in_flight > 0 || request.more_behind;
  const bool too_late = sends_ahead && request.waited > pressure_.waited_max;
  if (short_of_memory_ || too_late) return {gate_verdict::refuse, {}, pressure_.retry_after_ms};
  const bool queue_has_room = request.in_flight < pressure_.in_flight_a_client_max;
  if (queue_has_room) {
    if (auto place = places_.admit(request.document_bytes)) return {gate_verdict::take, std::move(*place), 0};
  }
  if (request.in_flight == 0 && places_.ever(request.document_bytes)) return {gate_verdict::hold, {}, 0};
  return {gate_verdict::refuse, {}, pressure_.retry_after_ms};
}

} // namespace texlex
