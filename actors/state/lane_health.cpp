#include "actors/state/lane_health.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

constexpr uint32_t lane_memory = 32;  ///< attempts behind a lane's average, about
constexpr uint32_t class_memory = 64; ///< attempts behind what is expected of a class, about
constexpr uint32_t repeats_a_sample = 8;
constexpr uint32_t attempts_a_look = 4; ///< each looks at all lanes
constexpr uint32_t peer_attempts_min = 10;
constexpr size_t two_choices_from = 8; ///< candidates
constexpr double ranks_a_unit = 4;

/// How quick a peer may count: where all are far quicker than expected, their differences say nothing.
constexpr double quick = 0.5;

/// No attempt counts for more than this, so that a few slow documents do not make a lane slow: most of its attempts do.
constexpr double slowness_max = 4;

void average(double& mean, uint32_t& count, uint32_t memory, double sample) noexcept {
  count = std::min(count + 1, UINT32_MAX - 1);
  mean += (sample - mean) / std::min(count, memory);
}

/// Beyond the last class's beginning, time is taken as growing with size: its documents differ by far too much.
double scale_of(uint64_t bytes) noexcept {
  return static_cast<double>(std::max(bytes, size_classes::beyond_bytes))
         / static_cast<double>(size_classes::beyond_bytes);
}

/// Two different ones of at least two, the first in order first. Each half of the bits is taken as a fraction; the
/// second choice is one of the others.
std::pair<lane_load, lane_load> two_of(std::span<const lane_load> candidates, uint64_t random) noexcept {
  const size_t one = (random >> 32) * candidates.size() >> 32;
  size_t other = (random & UINT32_MAX) * (candidates.size() - 1) >> 32;
  if (other >= one) ++other;
  return {candidates[std::min(one, other)], candidates[std::max(one, other)]};
}

double ns_of(duration d) noexcept { return static_cast<double>(std::max<duration::rep>(d.count(), 0)); }

} // namespace

lane_health::lane_health(const lane_health_options& options) : options_(options) {}

void lane_health::join(lane_id lane) {
  const auto at =
    std::lower_bound(rows_.begin(), rows_.end(), lane, [](const row& r, lane_id l) { return r.lane < l; });
  require(at == rows_.end() || at->lane != lane, "a lane joins once");
  rows_.insert(at, row{.lane = lane});
}

// If too many of those that stay are out now, the one that would come back first is let in.
void lane_health::leave(lane_id lane) noexcept {
  const row* gone = find(lane);
  if (gone == nullptr) return;
  ejected_ -= gone->out;
  rows_.erase(rows_.begin() + (gone - rows_.data()));
  while (2 * ejected_ > rows_.size()) {
    row* first = nullptr;
    for (row& each : rows_)
      if (each.out && (first == nullptr || each.out_until < first->out_until)) first = &each;
    require(first != nullptr, "each ejected lane is counted once");
    let_in(*first, 1);
  }
}

void lane_health::started(lane_id lane) noexcept {
  if (row* r = find(lane); r != nullptr && r->out) r->probing = true;
}

bool lane_health::finished(lane_id lane, uint64_t bytes, duration took, instant now) noexcept {
  row* r = find(lane);
  if (r == nullptr) return false;
  r->failures = 0;
  if (!r->out) learn(*r, bytes, took);
  const double slowness = slowness_of(bytes, took);
  return r->out ? judge_probe(*r, slowness, true, now) : measure(*r, slowness, now);
}

bool lane_health::failed(lane_id lane, instant now) noexcept {
  row* r = find(lane);
  if (r == nullptr) return false;
  if (r->out) return std::exchange(r->probing, false) && eject(*r, now);
  if (++r->failures < options_.failures_max) return false;
  r->failures = 0;
  return eject(*r, now);
}

bool lane_health::stopped(lane_id lane, uint64_t bytes, duration at_least, instant now) noexcept {
  row* r = find(lane);
  if (r == nullptr) return false;
  const double slowness = slowness_of(bytes, at_least);
  if (r->out) return judge_probe(*r, slowness, false, now);
  return slowness > r->slowness && measure(*r, slowness, now); // else it tells nothing
}

bool lane_health::outlasting(lane_id lane, uint64_t bytes, duration so_far, instant now) noexcept {
  row* r = find(lane);
  if (r == nullptr || (r->out && !r->probing)) return false;
  const auto stall = stall_of(bytes);
  return stall && so_far >= *stall && eject(*r, now);
}

std::optional<duration> lane_health::stall_of(uint64_t bytes) const noexcept {
  const double expected_ns = expected_ns_of(bytes);
  if (expected_ns <= 0) return std::nullopt;
  const double stall_ns = std::ceil(expected_ns * options_.stall_factor); // far below what a duration holds
  return std::max(duration{static_cast<duration::rep>(stall_ns)}, options_.stall_min);
}

bool lane_health::usable(lane_id lane, instant now) const noexcept {
  const row* r = find(lane);
  return r != nullptr && (!r->out || (!r->probing && now >= r->out_until));
}

bool lane_health::is_probe(lane_id lane) const noexcept {
  const row* r = find(lane);
  return r != nullptr && r->out;
}

uint32_t lane_health::latency_rank(lane_id lane) const noexcept {
  const row* r = find(lane);
  return static_cast<uint32_t>(std::lround((r == nullptr ? 1 : r->slowness) * ranks_a_unit));
}

std::optional<lane_id> lane_health::choose(std::span<const lane_load> candidates, uint64_t random) const noexcept {
  if (candidates.empty()) return std::nullopt;
  if (const lane_load* probe = due_probe(candidates)) return probe->lane;
  if (candidates.size() < two_choices_from) {
    const lane_load* best = &candidates.front();
    for (const lane_load& each : candidates.subspan(1))
      if (better(each, *best)) best = &each;
    return best->lane;
  }
  const auto [a, b] = two_of(candidates, random);
  return better(b, a) ? b.lane : a.lane;
}

std::optional<lane_id> lane_health::choose_of_two(std::span<const lane_load> candidates,
                                                  uint64_t random) const noexcept {
  if (candidates.empty()) return std::nullopt;
  if (const lane_load* probe = due_probe(candidates)) return probe->lane;
  if (candidates.size() == 1) return candidates.front().lane;
  const auto [a, b] = two_of(candidates, random);
  return cost_of(b) < cost_of(a) ? b.lane : a.lane;
}

const lane_load* lane_health::due_probe(std::span<const lane_load> candidates) const noexcept {
  if (ejected_ == 0) return nullptr;
  const auto found =
    std::find_if(candidates.begin(), candidates.end(), [this](const lane_load& each) { return is_probe(each.lane); });
  return found == candidates.end() ? nullptr : &*found;
}

double lane_health::cost_of(const lane_load& lane) const noexcept {
  const row* r = find(lane.lane);
  return (r == nullptr ? 1 : r->slowness) * (lane.in_flight + 1);
}

bool lane_health::better(const lane_load& a, const lane_load& b) const noexcept {
  if (a.in_flight != b.in_flight) return a.in_flight < b.in_flight;
  return latency_rank(a.lane) < latency_rank(b.lane);
}

// Of a class that no lane in good health has met yet nothing is expected: any time is usual.
double lane_health::slowness_of(uint64_t bytes, duration took) const noexcept {
  const double expected_ns = expected_ns_of(bytes);
  return expected_ns > 0 ? ns_of(took) / expected_ns : 1;
}

double lane_health::expected_ns_of(uint64_t bytes) const noexcept {
  const double ns = expectations_[index_of(size_class_of(bytes))].ns * scale_of(bytes);
  return ns > 0 ? std::max(ns, ns_of(options_.expected_min)) : 0;
}

// One attempt after the other on the same lane counts little: at a low load a lane may have all the work, and were to
// define by itself what is usual.
void lane_health::learn(const row& lane, uint64_t bytes, duration took) noexcept {
  expectation& e = expectations_[index_of(size_class_of(bytes))];
  e.repeats = e.latest == lane.lane ? e.repeats + 1 : 0;
  e.latest = lane.lane;
  if (e.attempts >= class_memory && e.repeats % repeats_a_sample != 0) return;
  average(e.ns, e.attempts, class_memory, ns_of(took) / scale_of(bytes));
}

bool lane_health::measure(row& lane, double slowness, instant now) noexcept {
  average(lane.slowness, lane.attempts, lane_memory, std::min(slowness, slowness_max));
  if (lane.attempts < options_.attempts_min || lane.attempts % attempts_a_look != 0) return false;
  if (is_slow(lane, lane.slowness)) return eject(lane, now);
  lane.times_out = 0; // it has shown that it is well
  return false;
}

bool lane_health::judge_probe(row& lane, double slowness, bool ended, instant now) noexcept {
  if (!lane.probing) return false; // an attempt from before it was ejected
  lane.probing = false;
  if (is_slow(lane, slowness)) return eject(lane, now);
  if (ended) let_in(lane, slowness); // a stopped one tells neither: the next attempt is a probe again
  return false;
}

// More than the factor times the median of its peers, which is to say: so much slower than more than half of them.
bool lane_health::is_slow(const row& lane, double slowness) const noexcept {
  size_t peers = 0, quicker = 0;
  for (const row& peer : rows_) {
    if (&peer == &lane || peer.out || peer.attempts < peer_attempts_min) continue;
    ++peers;
    quicker += std::max(peer.slowness, quick) * options_.slow_factor < slowness;
  }
  return 2 * quicker > peers;
}

bool lane_health::eject(row& lane, instant now) noexcept {
  if (!lane.out && 2 * (ejected_ + 1) > rows_.size()) return false;
  duration length = options_.ejection_first;
  for (uint32_t i = 0; i < lane.times_out && length < options_.ejection_max; ++i) length *= 2;
  ejected_ += !lane.out;
  ++ejections_;
  ++lane.times_out;
  lane.out = true;
  lane.probing = false;
  lane.out_until = now + std::min(length, options_.ejection_max);
  return true;
}

void lane_health::let_in(row& lane, double slowness) noexcept {
  lane.out = lane.probing = false;
  lane.slowness = std::min(slowness, slowness_max);
  lane.attempts = lane.failures = 0;
  --ejected_;
}

lane_health::row* lane_health::find(lane_id lane) noexcept { return const_cast<row*>(std::as_const(*this).find(lane)); }

const lane_health::row* lane_health::find(lane_id lane) const noexcept {
  const auto at =
    std::lower_bound(rows_.begin(), rows_.end(), lane, [](const row& r, lane_id l) { return r.lane < l; });
  return at == rows_.end() || at->lane != lane ? nullptr : &*at;
}

void lane_health::check_invariants() const {
  size_t out = 0;
  for (const row& each : rows_) {
    out += each.out;
    require(each.out || !each.probing, "only an ejected lane is probed");
    require(each.slowness >= 0 && each.slowness <= slowness_max, "a lane's slowness is bounded");
  }
  require(out == ejected_, "each ejected lane is counted once");
  require(2 * ejected_ <= rows_.size(), "half of the lanes at least are in");
}

} // namespace texlex
