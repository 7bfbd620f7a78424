// What becomes of a request that failed at one of several servers, and how long a server that failed is left alone. No
// clock: time and chance are told.
#pragma once

#include <cstdint>
#include <optional>

#include "clients/cpp/request.hpp"

namespace texlex::client_core {

/// Whether another server, or the same one later, may do what failed. Not so where the document or the question is to
/// blame.
[[nodiscard]] bool may_be_tried_again(const answer& failure) noexcept;

class retry_policy {
public:
  /// `attempts_max`: how often each of the servers is asked at most; `unreachable_attempts_max` the same where it is
  /// not reached or shuts down, 0: no bound of its own.
  retry_policy(uint32_t attempts_max, uint32_t unreachable_attempts_max, uint32_t servers) noexcept
    : failures_max_(uint64_t{attempts_max} * servers),
      times_lost_max_(uint64_t{unreachable_attempts_max == 0 ? attempts_max : unreachable_attempts_max} * servers),
      servers_(servers) {}

  /// When the request is to be tried again, by another server than those in its `refused_by`; nothing: it ends with
  /// `failure`, which may have become another one. What was refused while others of its batch were served has not
  /// failed, and comes back soon: with each such try there are fewer left, and fewer are sent at once. `chance` from 0
  /// to 1 makes waits longer by up to a half, so that clients which failed together do not come back together.
  [[nodiscard]] std::optional<instant> again_at(request& failed, uint32_t server, answer& failure, instant now,
                                                double chance) const;

  /// How long a server is left alone after so many failures in a row.
  [[nodiscard]] static duration pause_after(uint32_t failures, double chance) noexcept;

private:
  uint64_t failures_max_;
  uint64_t times_lost_max_;
  uint32_t servers_;
};

} // namespace texlex::client_core
