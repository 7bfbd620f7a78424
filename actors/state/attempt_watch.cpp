#include "actors/state/attempt_watch.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

/// The system is asked about a late lane no more often than this, and charges it no more than that at a time.
constexpr duration look_interval = 20ms, look_charge_max = 100ms;

/// A replacement works while the abandoned lane is still known.
constexpr size_t late_expected = size_t{2} * limits::workers_max;

/// From this part of its limit on an attempt is late, and its worker's time is looked at; the rest is charged.
constexpr int late_part = 4;

} // namespace

attempt_watch::attempt_watch(const attempt_watch_options& options) : options_(options) { late_.reserve(late_expected); }

void attempt_watch::look(std::span<const current_attempt> current, instant now, const ask_signs& ask,
                         std::vector<hanging_lane>& out) {
  for (late_attempt& each : late_) each.seen = false;
  for (const current_attempt& attempt : current) {
    if (now - attempt.since < attempt.limit / late_part) continue;
    late_attempt& late = find_or_note(attempt, now);
    if (late.told) continue;
    if (late.looks > 0 && now - late.in_all.looked() < look_interval) continue;
    const lane_signs signs = ask(attempt.lane);
    look_at(late, now, signs);
    const auto cause = verdict_on(late, attempt, now, signs.times.has_value());
    if (!cause) continue;
    late.told = true;
    out.push_back({attempt.lane, attempt.bytes, *cause});
  }
  std::erase_if(late_, [](const late_attempt& each) { return !each.seen; });
}

void attempt_watch::look_at(late_attempt& late, instant now, const lane_signs& signs) {
  ++late.looks;
  late.in_all.look(now, signs.times);
  late.since_then.look(now, signs.times);
  const bool got_on = late.chunks && signs.chunks && *late.chunks != *signs.chunks;
  late.chunks = signs.chunks;
  if (!got_on) return;
  late.got_on = now;
  late.since_then.forgive();
}

// A document whose every chunk is slow gets on too: it ends at the bound for all of them.
std::optional<death> attempt_watch::verdict_on(const late_attempt& late, const current_attempt& attempt, instant now,
                                               bool times_known) const {
  if (!times_known && late.looks < 2) return std::nullopt; // whoever looks may have been late for the first time
  const duration limit = attempt.limit, in_all_max = options_.getting_on_factor * limit;
  const auto cause_by = [](const charged_time& charged) {
    return charged.mostly_ran() ? death::crash : death::outside;
  };
  const bool stands = times_known ? late.since_then.total() >= limit - limit / late_part : now - late.got_on >= limit;
  if (stands) return cause_by(late.since_then);
  const bool too_long =
    times_known ? late.in_all.total() >= in_all_max - limit / late_part : now - attempt.since >= in_all_max;
  if (too_long) return cause_by(late.in_all);
  return std::nullopt;
}

attempt_watch::late_attempt& attempt_watch::find_or_note(const current_attempt& attempt, instant now) {
  const auto known = std::find_if(late_.begin(), late_.end(), [&](const late_attempt& each) {
    return each.lane == attempt.lane && each.job == attempt.job;
  });
  if (known == late_.end())
    return late_.emplace_back(late_attempt{attempt.lane, attempt.job, attempt.since, charged_time{now, look_charge_max},
                                           charged_time{now, look_charge_max}});
  known->seen = true;
  return *known;
}

duration attempt_watch::limit_for(uint64_t bytes) const noexcept {
  return options_.limit.value_or(options_.limits[index_of(size_class_of(bytes))]);
}

void attempt_watch::check_invariants() const {
  for (const late_attempt& one : late_)
    require(std::count_if(late_.begin(), late_.end(), [&](const late_attempt& other) { return one.lane == other.lane; })
              == 1,
            "a lane is late with one attempt at a time");
}

} // namespace texlex
