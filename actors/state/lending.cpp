#include "actors/state/lending.hpp"

#include <algorithm>

#include <boost/container/static_vector.hpp>

#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {

lending::lending(const lending_options& options, const hedge_delay_options& delay)
  : options_(options), health_(options.peers), delay_(delay), permille_(options.burst * attempt_permille) {}

bool lending::may_go(const open_job& job, bool staffed, bool late) const noexcept {
  if (job.job->borrowed || job.withdrawals >= options_.hand_backs_max) return false;
  if (!staffed) return true;
  const uint64_t bytes = job.job->document.size();
  if (bytes < options_.document_bytes_min) return false;
  return late || job.expected >= options_.send_time_per_mib * static_cast<duration::rep>(bytes >> 10) / 1024;
}

std::optional<lane_id> lending::choose(std::span<const lane_load> with_room, uint64_t random,
                                       instant now) const noexcept {
  boost::container::static_vector<lane_load, limits::cluster_peers_max> well;
  const auto take = [&](bool near) {
    for (const lane_load& each : with_room)
      if (each.near == near && well.size() < well.capacity() && health_.usable(each.lane, now)) well.push_back(each);
  };
  take(true);
  if (well.empty()) take(false);
  return health_.choose_of_two({well.data(), well.size()}, random);
}

// One that nobody wants any more was stopped, which says only that it would have taken longer.
void lending::ended(lane_id peer, uint64_t bytes, status how, duration took, instant now) noexcept {
  if (how == status::cancelled) {
    health_.stopped(peer, bytes, took, now);
    return delay_.stopped(bytes, took, now);
  }
  if (hands_back(how)) {
    health_.failed(peer, now);
    permille_ -= attempt_permille; // of several that were on their way, each
    return;
  }
  health_.finished(peer, bytes, took, now);
  delay_.finished(bytes, took, now);
}

void lending::succeeded() noexcept {
  permille_ = std::min(permille_ + options_.success_permille, options_.burst * attempt_permille);
}

void lending::check_invariants() const {
  health_.check_invariants();
  require(permille_ <= options_.burst * attempt_permille, "no more is saved up than the burst");
}

} // namespace texlex
