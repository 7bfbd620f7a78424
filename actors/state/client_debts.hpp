// What clients owe for lane time that they used beyond what was expected of it, while they have nothing waiting. It is
// paid off by what they would have earned meanwhile, had they waited as others did. A fixed number of places, found by
// the client's number; who takes another's place takes it over clean. All is forgiven once nobody waits: then nobody
// went without for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/time.hpp"

namespace texlex {

class client_debts {
public:
  static constexpr duration most = std::chrono::milliseconds{100}; ///< that anybody owes: a lane may have stalled

  explicit client_debts(size_t places = limits::known_clients_max) : places_(places) {}

  /// More than zero: it owes more; less: less. Nobody is owed anything. `earned`: by whoever always waited.
  void add(uint64_t client, duration amount, duration earned) noexcept {
    place& at = places_[client % places_.size()];
    if (at.client != client || at.era != era_) {
      if (amount <= duration{0}) return;
      at = {.client = client, .era = era_, .owed = duration{0}, .at = earned};
    }
    at.owed = std::clamp(left_of(at, earned) + amount, duration{0}, most);
    at.at = earned;
  }

  /// What the client owes, from now on in the caller's books.
  [[nodiscard]] duration take(uint64_t client, duration earned) noexcept {
    place& at = places_[client % places_.size()];
    if (at.client != client || at.era != era_) return duration{0};
    const duration owed = left_of(at, earned);
    at.owed = duration{0};
    return owed;
  }

  void forgive() noexcept { ++era_; }

private:
  struct place {
    uint64_t client = 0;
    uint64_t era = 0; ///< none yet
    duration owed{0};
    duration at{0}; ///< earned by others then
  };

  [[nodiscard]] static duration left_of(const place& at, duration earned) noexcept {
    return std::max(at.owed - (earned - at.at), duration{0});
  }

  std::vector<place> places_;
  uint64_t era_ = 1;
};

} // namespace texlex
