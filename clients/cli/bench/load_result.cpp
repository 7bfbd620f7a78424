#include "clients/cli/bench/load_result.hpp"

#include <algorithm>

namespace texlex::load {
namespace {

constexpr size_t first_of_the_client = static_cast<size_t>(ending::unknown_status);
constexpr std::array<std::string_view, ending_count - first_of_the_client> client_names{
  "unknown-status",     "wrong",      "timed-out", "connection-broken", "connect-failed",
  "malformed-response", "unknown-id", "not-sent"};

bool only_good_ones(const ending_counts& counts, bool allow_refusals) {
  for (size_t i = 1; i < counts.size(); ++i)
    if (counts[i] > 0 && !(allow_refusals && is_refusal(static_cast<ending>(i)))) return false;
  return true;
}

} // namespace

ending ending_of(status status) noexcept {
  const auto number = static_cast<uint32_t>(status);
  return number < status_count ? static_cast<ending>(number) : ending::unknown_status;
}

std::string_view name_of(ending ending) noexcept {
  const auto index = static_cast<size_t>(ending);
  return index < first_of_the_client ? name_of(static_cast<status>(index)) : client_names[index - first_of_the_client];
}

bool is_refusal(ending ending) noexcept {
  return ending == ending_of(status::overload) || ending == ending_of(status::shutting_down)
         || ending == ending_of(status::too_many_connections);
}

bool has_latency(ending ending) noexcept { return ending == ending::ok || ending == ending::timed_out; }

uint32_t to_sample_us(duration d) noexcept {
  const auto us = std::chrono::ceil<std::chrono::microseconds>(d).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(us, 0, never_sent - 1));
}

void load_result::add(const load_sample& sample) {
  samples.push_back(sample);
  ++by_ending[static_cast<size_t>(sample.ending)];
}

bool load_result::passed(bool allow_refusals) const noexcept {
  return error.empty() && interrupted_by == 0 && count_of(ending::ok) > 0 && only_good_ones(by_ending, allow_refusals)
         && only_good_ones(connection_failures, allow_refusals);
}

} // namespace texlex::load
