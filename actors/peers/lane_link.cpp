#include "actors/peers/lane_link.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"

namespace texlex {
namespace {

/// The lane keeps results until it is told: where there are more between two beats, before the next.
constexpr uint32_t results_untold_max = seen_numbers::window / 4;

lane_credit max_of(const lane_credit& a, const lane_credit& b) noexcept {
  return {std::max(a.attempts, b.attempts), std::max(a.bytes, b.bytes)};
}

} // namespace

void lane_link::start(instant now) {
  require(epoch_.giver == 0, "a link starts once");
  epoch_.giver = options_.epoch_from;
  greet_again_ = options_.greet_min;
  greet(now);
  next_tick_ = now + options_.beat;
}

void lane_link::greet(instant now) {
  effects_.send(link_greeting{.epoch = {.giver = epoch_.giver, .lane = 0}});
  next_greeting_ = now + greet_again_;
  greet_again_ = std::min(2 * greet_again_, options_.greet_max);
}

void lane_link::heard(const lane_word& word, instant now) {
  std::visit([&](const auto& each) { hear(each, now); }, word);
}

// A greeting goes out more than once, so that there may be several welcomes: the first one of a life holds.
void lane_link::hear(const link_welcome& word, instant now) {
  if (word.epoch.giver != epoch_.giver || state_ != link_state::greeting) {
    if (ours(word.epoch)) heard_at(now);
    return;
  }
  epoch_.lane = word.epoch.lane;
  document_bytes_max_ = word.document_bytes_max;
  credit_ = word.credit;
  used_ = {};
  last_number_ = 0;
  results_ = {};
  results_untold_ = 0;
  leaving_ = false;
  state_ = link_state::up;
  heard_ = now;
  greet_again_ = options_.greet_min;
  effects_.up(word.capacity, word.document_bytes_max);
}

// One that comes again has been told already: the lane has not heard that yet.
void lane_link::hear(const link_result& word, instant now) {
  if (!ours(word.epoch)) return;
  heard_at(now);
  const auto found = in_flight_.find(word.number);
  if (found == in_flight_.end() || found->second.order.job != word.job) return;
  results_.add(word.number);
  in_flight_.erase(found);
  credit_ = max_of(credit_, word.credit);
  if (++results_untold_ >= results_untold_max) tell_results();
  effects_.finished(word.job, word.result);
}

void lane_link::hear(const lane_beat& word, instant now) {
  if (!ours(word.epoch)) return;
  heard_at(now);
  for (auto& [number, one] : in_flight_) one.taken |= word.orders.has(number);
  credited(word.credit);
}

void lane_link::hear(const link_stranger& word, instant now) {
  if (ours(word.epoch)) go_down(now);
}

// Said again and again: what is given up the first time is all there is.
void lane_link::hear(const link_leaving& word, instant now) {
  if (!ours(word.epoch)) return;
  heard_at(now);
  leaving_ = true;
  std::vector<job_id> back;
  for (auto each = in_flight_.upper_bound(word.last); each != in_flight_.end(); each = in_flight_.erase(each))
    back.push_back(each->second.order.job);
  effects_.room_changed();
  for (const job_id job : back) effects_.handed_back(job);
}

void lane_link::heard_at(instant now) {
  heard_ = std::max(heard_, now);
  if (state_ != link_state::suspect) return;
  state_ = link_state::up;
  effects_.cleared();
}

void lane_link::credited(const lane_credit& credit) {
  const lane_credit before = std::exchange(credit_, max_of(credit_, credit));
  if (before != credit_) effects_.room_changed();
}

// The window too is a limit: of what lies beyond it no beat could tell.
uint32_t lane_link::room() const noexcept {
  if (state_ != link_state::up || leaving_) return 0;
  const uint64_t oldest = in_flight_.empty() ? last_number_ + 1 : in_flight_.begin()->first;
  const uint64_t of_window = oldest + seen_numbers::window - (last_number_ + 1);
  const uint64_t of_bytes = (credit_.bytes - used_.bytes) / std::max<uint64_t>(document_bytes_max_, 1);
  return static_cast<uint32_t>(std::min({of_window, credit_.attempts - used_.attempts, of_bytes}));
}

void lane_link::order(job_id job, uint32_t attempt, uint64_t bytes, instant deadline, instant now, work_wanted wanted) {
  require(room() > 0 && bytes <= document_bytes_max_, "only what was granted is given");
  ++used_.attempts;
  used_.bytes += bytes;
  const uint64_t number = ++last_number_;
  given& one = in_flight_[number] = {
    .order =
      {.epoch = epoch_, .number = number, .job = job, .attempt = attempt, .bytes = bytes, .wanted = std::move(wanted)},
    .deadline = deadline,
    .sent = now};
  send_order(one, now);
}

// What is left of its client's patience is told as a length, as clocks of machines differ.
void lane_link::send_order(given& one, instant now) {
  if (one.deadline != instant::max()) one.order.time_left = std::max(one.deadline - now, duration{0});
  one.sent = now;
  effects_.send(one.order);
}

void lane_link::abandon(job_id job) {
  for (auto& [number, one] : in_flight_)
    if (one.order.job == job && !std::exchange(one.abandoned, true))
      effects_.send(link_abandon{.epoch = epoch_, .number = number});
}

void lane_link::tick(instant now) {
  const bool late = now > next_tick_ + options_.late;
  next_tick_ = now + options_.beat;
  if (state_ == link_state::greeting) {
    if (now >= next_greeting_) greet(now);
    return;
  }
  if (late)
    heard_ = std::max(heard_, now - options_.beat); // it gets the time that we were away
  else
    judge(now);
  if (state_ == link_state::greeting) return;
  resend_orders(now);
  tell_results();
}

void lane_link::tell_results() {
  effects_.send(giver_beat{.epoch = epoch_, .results = results_});
  results_untold_ = 0;
}

void lane_link::judge(instant now) {
  if (now - heard_ >= options_.down) return go_down(now);
  if (now - heard_ < options_.suspect || state_ == link_state::suspect) return;
  state_ = link_state::suspect;
  effects_.suspected();
}

void lane_link::resend_orders(instant now) {
  for (auto& [number, one] : in_flight_) {
    if (one.abandoned) effects_.send(link_abandon{.epoch = epoch_, .number = number}); // it may have been lost
    if (one.taken || now - one.sent < options_.resend) continue;
    ++resent_;
    send_order(one, now);
  }
}

void lane_link::give_up(instant now) {
  if (state_ != link_state::greeting) go_down(now);
}

// Results of the old life that come after all mean nothing: its number is not used again.
void lane_link::go_down(instant now) {
  state_ = link_state::greeting;
  epoch_ = {.giver = epoch_.giver + 1, .lane = 0};
  for (const auto& [number, one] : std::exchange(in_flight_, {})) effects_.lost(one.order.job);
  effects_.down();
  greet(now);
}

void lane_link::check_invariants() const {
  require(used_.attempts <= credit_.attempts && used_.bytes <= credit_.bytes, "no more is given than was granted");
  require(state_ != link_state::greeting || in_flight_.empty(), "nothing is in flight without a lane");
  require(in_flight_.size() <= used_.attempts, "what is in flight was given");
  for (const auto& [number, one] : in_flight_) {
    require(number == one.order.number && number <= last_number_, "an order is found by its number");
    require(!results_.has(number), "what has its result is not in flight");
    require(number - results_.before <= seen_numbers::window, "beats can tell of all that is in flight");
  }
}

} // namespace texlex
