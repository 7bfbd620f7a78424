#include "clients/cpp/retry_policy.hpp"

#include <algorithm>
#include <bit>

namespace texlex::client_core {
namespace {

duration longer_by_chance(duration wait, double chance) noexcept {
  return wait + duration{static_cast<int64_t>(static_cast<double>(wait.count()) * 0.5 * chance)};
}

} // namespace

bool may_be_tried_again(const answer& failure) noexcept {
  if (failure.status == TEXLEX_CLIENT_UNREACHABLE) return true;
  return failure.status == TEXLEX_CLIENT_REFUSED
         && (is_worth_another_try(failure.server_status) || failure.server_status == status::shutting_down);
}

std::optional<instant> retry_policy::again_at(request& failed, uint32_t server, answer& failure, instant now,
                                              double chance) const {
  // It was not this document's fault, nor the server's: its bytes can be had all the same.
  if (failure.server_status == status::descriptor_lost && failed.document_descriptor >= 0) {
    failed.document_descriptor = -1;
    return now;
  }
  if (!failure.others_were_served) failed.failures += 1;
  if (failure.status == TEXLEX_CLIENT_UNREACHABLE || failure.server_status == status::shutting_down)
    failed.times_lost += 1;
  if (!may_be_tried_again(failure) || failed.failures >= failures_max_ || failed.times_lost >= times_lost_max_)
    return std::nullopt;
  failed.last_failure = failure;
  failed.refused_by |= uint64_t{1} << server;
  if (static_cast<uint32_t>(std::popcount(failed.refused_by)) < servers_) return now;
  failed.refused_by = 0;
  const auto wait = failure.others_were_served ? std::optional{retry_schedule::first_wait}
                                               : failed.pauses.next_wait(failure.retry_after);
  if (wait) {
    const instant again = now + longer_by_chance(*wait, chance);
    if (again < failed.deadline) return again;
  }
  if (failure.server_status == status::deadline_exceeded) failure.status = TEXLEX_CLIENT_TIMED_OUT;
  return std::nullopt;
}

duration retry_policy::pause_after(uint32_t failures, double chance) noexcept {
  constexpr std::chrono::milliseconds first{50}, longest{5000};
  const duration doubled = first * (int64_t{1} << std::min(failures, 10u));
  return longer_by_chance(std::min<duration>(doubled, longest), chance);
}

} // namespace texlex::client_core
