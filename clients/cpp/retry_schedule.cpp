#include "clients/cpp/retry_schedule.hpp"

#include <algorithm>

namespace texlex {

bool is_worth_another_try(status refused) noexcept {
  return refused == status::overload || refused == status::deadline_exceeded || refused == status::too_many_connections;
}

std::optional<retry_schedule::milliseconds> retry_schedule::next_wait(milliseconds asked) noexcept {
  if (tries_again_ == tries_again_max) return std::nullopt;
  const milliseconds wait = std::max(asked, usual_wait_);
  if (wait > waited_max - waited_) return std::nullopt;
  ++tries_again_;
  usual_wait_ = std::min(2 * usual_wait_, longest_usual_wait);
  waited_ += wait;
  return wait;
}

} // namespace texlex
