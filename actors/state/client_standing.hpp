// Which clients wait for their answers before they send more, and which send on regardless. A client of the first kind
// is *patient*: to refuse it for having waited would only make it come back, and it never has more than one request
// here. That holds while they are few; of a crowd each would wait for all others, so that there everybody is under the
// same rules until the overload is over. A client that sent a second request ahead of an answer is not patient for a
// while after it, and in overload not before it has stopped sending for that while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "runtime/limits.hpp"
#include "runtime/time.hpp"

namespace texlex {

struct client_standing_options {
  uint32_t patient_max = limits::patient_clients_max;             ///< clients; more are a crowd
  duration memory = std::chrono::seconds{1};                      ///< of those that sent ahead, and of a crowd
  uint32_t idle_clients_kept_max = limits::idle_clients_kept_max; ///< that have nothing here, but may be remembered
};

class client_standing {
public:
  explicit client_standing(const client_standing_options& options = {}) : options_(options) {}

  /// A request of that client comes. True if it is a patient client's. May throw std::bad_alloc, and has counted
  /// nothing then.
  [[nodiscard]] bool comes(uint64_t client, bool overloaded, instant now);

  /// One of its requests has its outcome. A client that has none here is let be.
  void goes(uint64_t client) noexcept;

  [[nodiscard]] size_t clients_known() const noexcept { return clients_.size(); }

  /// More clients than may be patient were here of late.
  [[nodiscard]] bool crowded(instant now) const noexcept { return now < crowded_until_; }

  void check_invariants() const;

private:
  struct record {
    uint32_t here = 0;
    bool patient = false; ///< the one it has here was, when it came
    instant sent_ahead_until = instant::min();
  };

  void forget_idle(instant now) noexcept;

  client_standing_options options_;
  std::unordered_map<uint64_t, record> clients_;
  size_t idle_ = 0;    ///< known, with nothing here
  size_t patient_ = 0; ///< records that are
  instant crowded_until_ = instant::min();
};

} // namespace texlex
