#include "actors/peers/lane_port.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {

lane_port::lane_port(const lane_port_options& options, lane_port_effects& effects)
  : options_(options), effects_(effects), next_epoch_(options.epoch_from) {
  require(options.capacity > 0 && options.capacity <= seen_numbers::window, "a beat can tell of all a lane has");
  require(options.document_bytes_max <= UINT32_MAX, "what is granted can be counted");
}

void lane_port::heard(const giver_word& word, instant now) {
  std::visit([&](const auto& each) { hear(each, now); }, word);
}

// An older life's greeting comes late: its giver has given that life up.
void lane_port::hear(const link_greeting& word, instant now) {
  if (word.epoch.giver < epoch_.giver) return;
  if (word.epoch.giver > epoch_.giver) {
    end_life();
    epoch_ = {.giver = word.epoch.giver, .lane = next_epoch_++};
    next_tick_ = now + options_.beat;
  }
  heard_ = now;
  welcome();
}

void lane_port::welcome() {
  effects_.send(link_welcome{.epoch = epoch_,
                             .capacity = options_.capacity,
                             .document_bytes_max = options_.document_bytes_max,
                             .credit = grant()});
  if (leaving_) tell();
}

void lane_port::end_life() {
  for (const auto& [number, one] : std::exchange(orders_, {}))
    if (!one.result) effects_.stop(number);
  epoch_ = {};
  orders_seen_ = {};
  running_ = 0;
  ended_ = granted_ = given_ = {};
  last_.reset();
  known_ = 0;
  allowance_ = 1;
  in_time_ = 0;
  next_tick_ = instant::max();
}

bool lane_port::ours(const link_epoch& epoch, instant now) {
  if (epoch == epoch_ && epoch_.giver != 0) {
    heard_ = std::max(heard_, now);
    return true;
  }
  if (epoch.giver >= epoch_.giver) effects_.send(link_stranger{.epoch = epoch}); // else it has begun anew, and knows
  return false;
}

void lane_port::hear(const link_order& word, instant now) {
  if (!ours(word.epoch, now)) return;
  if (!orders_seen_.add(word.number)) {
    ++doubled_;
    const auto found = orders_.find(word.number);
    if (found != orders_.end() && found->second.result) send_result(word.number, found->second, now);
    return;
  }
  if (last_ && word.number > *last_) return; // it knows, or is about to
  if (given_.attempts == granted_.attempts || word.bytes > granted_.bytes - given_.bytes) return turn_away(word.epoch);
  given_ = {given_.attempts + 1, given_.bytes + word.bytes};
  orders_.emplace(word.number, taken{.job = word.job, .bytes = word.bytes});
  ++running_;
  effects_.begin(word);
}

// Who does not keep to what was granted may mean anything: its life is over.
void lane_port::turn_away(const link_epoch& epoch) {
  ++overdrawn_;
  effects_.send(link_stranger{.epoch = epoch});
  end_life();
}

// One that comes before its order finds nothing; it is said again.
void lane_port::hear(const link_abandon& word, instant now) {
  if (!ours(word.epoch, now)) return;
  const auto found = orders_.find(word.number);
  if (found == orders_.end() || found->second.result || std::exchange(found->second.abandoned, true)) return;
  effects_.stop(word.number);
}

void lane_port::hear(const giver_beat& word, instant now) {
  if (!ours(word.epoch, now)) return;
  const lane_credit before = credit();
  known_ +=
    std::erase_if(orders_, [&](const auto& each) { return each.second.result && word.results.has(each.first); });
  if (credit() != before) tell(); // the giver may have been waiting for that
}

void lane_port::ended(const link_epoch& epoch, uint64_t number, const outcome& result, instant now) {
  const auto found = orders_.find(number);
  if (epoch != epoch_ || found == orders_.end() || found->second.result) return;
  taken& one = found->second;
  one.result = result;
  --running_;
  ++ended_.attempts;
  ended_.bytes += one.bytes;
  grow_credit(!one.abandoned);
  send_result(number, one, now);
}

void lane_port::send_result(uint64_t number, taken& one, instant now) {
  one.sent = now;
  effects_.send(
    link_result{.epoch = epoch_, .number = number, .job = one.job, .result = *one.result, .credit = grant()});
}

void lane_port::grow_credit(bool in_time) {
  if (!in_time) {
    allowance_ = std::max(allowance_ / 2, 1u);
    in_time_ = 0;
  } else if (++in_time_ >= allowance_) {
    allowance_ = std::min(2 * allowance_, options_.capacity);
    in_time_ = 0;
  }
}

// What was granted stays granted: after the allowance was halved no more is, until as much has ended. What is held is
// what was granted but for what is known to have come.
lane_credit lane_port::credit() const noexcept {
  return {.attempts = std::min(ended_.attempts + allowance_, known_ + held_max()),
          .bytes = ended_.bytes + allowance_ * options_.document_bytes_max};
}

lane_credit lane_port::grant() noexcept {
  const lane_credit now = credit();
  granted_ = {std::max(granted_.attempts, now.attempts), std::max(granted_.bytes, now.bytes)};
  return now;
}

void lane_port::leave() {
  leaving_ = true;
  if (epoch_.giver != 0) tell();
}

void lane_port::tick(instant now) {
  if (epoch_.giver == 0) return;
  next_tick_ = now + options_.beat;
  if (now - heard_ >= options_.orphaned) return end_life();
  for (auto& [number, one] : orders_)
    if (one.result && now - one.sent >= options_.resend) send_result(number, one, now);
  tell();
}

void lane_port::tell() {
  effects_.send(lane_beat{.epoch = epoch_, .orders = orders_seen_, .credit = grant()});
  if (!leaving_) return;
  if (!last_) last_ = orders_seen_.last();
  effects_.send(link_leaving{.epoch = epoch_, .last = *last_});
}

void lane_port::check_invariants() const {
  size_t running = 0;
  for (const auto& [number, one] : orders_) {
    require(orders_seen_.has(number), "what is held has come");
    running += !one.result;
  }
  require(running == running_, "those without a result run");
  require(running_ <= options_.capacity, "no more run at a time than the lane can");
  require(credit().attempts <= ended_.attempts + options_.capacity, "no more is granted than the lane can run");
  require(orders_.size() <= held_max(), "what is held is bounded");
}

} // namespace texlex
