#include "actors/state/client_standing.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {

bool client_standing::comes(uint64_t client, bool overloaded, instant now) {
  if (idle_ > options_.idle_clients_kept_max) forget_idle(now);
  const auto [found, added] = clients_.try_emplace(client);
  record& one = found->second;
  if (!added && one.here == 0) --idle_;
  ++one.here;
  if (one.here > 1 || (overloaded && now < one.sent_ahead_until)) one.sent_ahead_until = now + options_.memory;
  if (overloaded && now < crowded_until_) crowded_until_ = now + options_.memory;
  if (one.here > 1 || now < one.sent_ahead_until || now < crowded_until_) return false;
  if (patient_ >= options_.patient_max) {
    crowded_until_ = now + options_.memory;
    return false;
  }
  one.patient = true;
  ++patient_;
  return true;
}

// The request that made a client patient may be answered after one that it sent ahead: it counts until all are.
void client_standing::goes(uint64_t client) noexcept {
  const auto found = clients_.find(client);
  if (found == clients_.end() || found->second.here == 0) return;
  record& one = found->second;
  if (--one.here > 0) return;
  if (one.patient) --patient_;
  one.patient = false;
  ++idle_;
}

// First those that nothing is remembered of; if all were sent ahead by, all: it is a memory, no promise.
void client_standing::forget_idle(instant now) noexcept {
  std::erase_if(clients_,
                [&](const auto& each) { return each.second.here == 0 && now >= each.second.sent_ahead_until; });
  const auto idle = [](const auto& each) { return each.second.here == 0; };
  idle_ = static_cast<size_t>(std::count_if(clients_.begin(), clients_.end(), idle));
  if (idle_ * 2 <= options_.idle_clients_kept_max) return;
  std::erase_if(clients_, idle);
  idle_ = 0;
}

void client_standing::check_invariants() const {
  size_t idle = 0, patient = 0;
  for (const auto& [id, one] : clients_) {
    idle += one.here == 0;
    patient += one.patient;
    require(one.here > 0 || !one.patient, "a client is patient while it has a request here");
  }
  require(idle == idle_ && patient == patient_, "clients are counted");
  require(patient <= options_.patient_max, "patient clients are bounded");
}

} // namespace texlex
