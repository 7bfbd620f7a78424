#include "clients/cli/bench/load_generator.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <sys/prctl.h>

namespace texlex::load {
namespace {

using namespace std::chrono_literals;

/// How exactly the system wakes this thread; the default of 50 us would be seen in every latency.
constexpr unsigned long timer_slack_ns = 1000;
/// Time-outs are kept to a quarter of themselves, or to this.
constexpr duration tick_longest = 100ms;
constexpr duration tick_shortest = 1ms;
/// What is due sooner is looked for again at once: to fall asleep and be woken takes as long.
constexpr duration shortest_sleep = 5us;
constexpr auto progress_interval = 500ms;
constexpr uint32_t attempts_a_connection = 4;
constexpr std::string_view why_wrong = ": its counts are not those computed here under the regime latex";
/// Sets the draw of documents apart from that of arrivals, which has the same seed.
constexpr uint64_t mix_seed_offset = 0x9E37'79B9'7F4A'7C15;

// Progress is for a terminal that is there; one that is gone is no reason to end.
void show(const std::string& text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

std::vector<uint32_t> weights_of(const load_plan& plan) {
  std::vector<uint32_t> weights;
  for (const load_document& document : plan.documents) weights.push_back(document.weight);
  return weights;
}

} // namespace

load_generator::load_generator(const load_plan& plan)
  : plan_(plan), schedule_(plan.arrivals, plan.requests_per_second.value_or(1), plan.seed),
    mix_(weights_of(plan), plan.seed + mix_seed_offset), choice_(plan.connections, plan.in_flight) {
  load_events& events = *this;
  for (uint32_t i = 0; i < plan.connections; ++i)
    connections_.push_back(std::make_unique<load_connection>(loop_, plan, i, events));
  with_unsent_.reserve(plan.connections);
}

load_result load_generator::run() {
  prctl(PR_SET_TIMERSLACK, timer_slack_ns, 0, 0, 0);
  if (plan_.heed_signals) signals_.emplace(loop_);
  last_answer_ = now();
  if (plan_.reconnect) {
    begin();
  } else {
    for (auto& connection : connections_) connection->open();
  }
  tick();
  if (plan_.show_progress) show_progress();
  while (!is_over_) {
    loop_.wait(next_look());
    end_if_interrupted();
    if (begun_ && plan_.requests_per_second && !is_over_) issue_due();
  }
  signals_.reset();
  if (thrown_) std::rethrow_exception(thrown_);
  if (plan_.show_progress) show("\r\x1b[K");
  if (!result_.error.empty()) count_unfinished();
  if (result_.interrupted_by != 0 && begun_) last_end_ = now();
  const bool by_time = plan_.count == 0 && result_.error.empty() && result_.interrupted_by == 0;
  result_.elapsed = std::max(duration{0}, (by_time ? std::max(last_end_, issue_until_) : last_end_) - counted_from_);
  return std::move(result_);
}

void load_generator::end_if_interrupted() {
  if (!signals_) return;
  const auto signal = signals_->take();
  if (!signal) return;
  result_.interrupted_by = *signal;
  stop();
}

// What a run that is given up leaves behind has failed as well.
void load_generator::count_unfinished() {
  const instant at = now();
  last_end_ = at;
  for (auto& connection : connections_) connection->abandon(at);
  for (const due_request& request : std::exchange(pending_, {}))
    ended(request, {0, never_sent, request.document, 0, ending::not_sent, origin::none}, at);
}

// Only now, with every connection made or refused, so that the first requests are not late for that.
void load_generator::begin() {
  begun_ = true;
  const instant at = now();
  last_answer_ = at;
  counted_from_ = at + plan_.warm_up;
  issue_until_ = counted_from_ + plan_.span;
  last_end_ = counted_from_;
  if (plan_.requests_per_second) next_ = next_scheduled();
  for (auto& connection : connections_) ready(*connection, at);
  end_if_done();
}

void load_generator::tried() {
  if (++connections_tried_ == connections_.size() && !plan_.reconnect) begin();
}

// The request that is due then; nothing when all have been issued.
std::optional<due_request> load_generator::request_at(instant intended) {
  const bool over = plan_.count > 0 ? counted_ == plan_.count : intended >= issue_until_;
  if (issued_all_ || over) {
    issued_all_ = true;
    return std::nullopt;
  }
  const bool counted = intended >= counted_from_;
  if (counted && counted_ == counted_max) {
    give_up(fmt::format("a run counts {} requests at most; make it shorter", counted_max));
    return std::nullopt;
  }
  counted_ += counted;
  ++open_;
  return due_request{intended, static_cast<uint8_t>(mix_.next()), counted};
}

std::optional<due_request> load_generator::next_scheduled() {
  return request_at(counted_from_ - plan_.warm_up + schedule_.next());
}

instant load_generator::next_look() noexcept {
  if (!pending_.empty() && choice_.first()) return instant::min(); // more than one look could send
  if (!next_) return instant::max();
  return next_->intended - loop_.time() < shortest_sleep ? instant::min() : next_->intended;
}

void load_generator::issue_due() {
  const instant at = now();
  for (; next_ && next_->intended <= at; next_ = next_scheduled()) {
    if (next_->counted) result_.looked_late.record(to_us(at - next_->intended));
    if (pending_.size() < pending_max) {
      pending_.push_back(*next_);
    } else {
      ended(*next_, {0, never_sent, next_->document, 0, ending::not_sent, origin::none}, at);
    }
  }
  send_pending();
  if (!next_) end_if_done();
}

// All that is due now is dealt over the connections before any of it is sent, so that each sends its share at once.
void load_generator::send_pending() {
  while (!pending_.empty()) {
    const auto least = choice_.first();
    if (!least) break;
    load_connection& connection = *connections_[*least];
    if (connection.can_take()) {
      if (!connection.has_unsent()) with_unsent_.push_back(&connection);
      connection.take(pending_.front());
      pending_.pop_front();
    }
    offer(connection);
  }
  for (load_connection* const connection : with_unsent_) {
    connection->send();
    offer(*connection);
  }
  with_unsent_.clear();
}

void load_generator::offer(load_connection& connection) {
  connection.can_take() ? choice_.offer(connection.number(), connection.in_flight())
                        : choice_.withdraw(connection.number());
}

void load_generator::given_back(const due_request& request) { pending_.push_front(request); }

// What an open loop has due is sent at the end of the look at hand.
void load_generator::ready(load_connection& connection, instant at) {
  if (!begun_) return;
  plan_.requests_per_second ? offer(connection) : fill(connection, at);
  end_if_done();
}

void load_generator::fill(load_connection& connection, instant at) {
  while (connection.can_take()) {
    while (connection.can_take()) {
      const auto request = request_at(at);
      if (!request) return connection.send();
      connection.take(*request);
    }
    connection.send();
    at = now();
  }
}

void load_generator::ended(const due_request& request, const load_sample& sample, instant at) {
  --open_;
  ++result_.requests_in_all;
  if (sample.ending == ending::timed_out) {
    failed_again("requests are not answered in time");
  } else if (sample.ending < ending::timed_out) { // an answer, whichever
    failures_in_a_row_ = 0;
    last_answer_ = at;
  }
  if (!request.counted) return;
  last_end_ = std::max(last_end_, at);
  result_.add(sample);
  if (sample.ending != ending::ok && result_.first_failure.empty())
    result_.first_failure = fmt::format("a request of {} ended with {}{}", plan_.documents[request.document].name,
                                        name_of(sample.ending), sample.ending == ending::wrong ? why_wrong : "");
}

void load_generator::connection_failed(ending how, const std::string& sentence) {
  if (!begun_ || now() >= counted_from_) {
    ++result_.connection_failures[static_cast<size_t>(how)];
    if (result_.first_failure.empty()) result_.first_failure = sentence;
  }
  if (how != ending::unknown_id) failed_again(sentence);
}

void load_generator::closed_idle() {
  ++result_.idle_closes;
  failed_again("the server closes connections before it is asked anything");
}

void load_generator::failed_again(const std::string& sentence) {
  // All of very many connections may break at once and yet be made anew.
  const uint32_t most = std::max(failures_in_a_row_max, attempts_a_connection * plan_.connections);
  if (++failures_in_a_row_ == 1) failing_since_ = now();
  const bool gone = failures_in_a_row_ >= failures_of_a_server_gone && now() - failing_since_ >= plan_.failing_max;
  if (failures_in_a_row_ == most || gone)
    give_up(fmt::format("{} failures in a row, the last: {}", failures_in_a_row_, sentence));
}

// So that a server that is there and does not answer does not make a run longer than a few time-outs.
void load_generator::end_if_silent(instant at) {
  if (open_ == 0) last_answer_ = std::max(last_answer_, at); // it owes none
  const duration silent_max = std::max(plan_.failing_max, silent_timeouts_max * plan_.timeout);
  if (at - last_answer_ > silent_max)
    give_up(fmt::format("nothing was answered for {:.1f} s", std::chrono::duration<double>(silent_max).count()));
}

// Ends what is due and waits, and looks whether a closed loop's time is over while no connection can tell.
void load_generator::tick() {
  const instant at = now();
  for (auto& connection : connections_) connection->expire(at);
  while (!pending_.empty() && at - pending_.front().intended >= plan_.timeout) {
    const due_request late = pending_.front();
    pending_.pop_front();
    ended(late, {to_sample_us(at - late.intended), never_sent, late.document, 0, ending::timed_out, origin::none}, at);
  }
  end_if_silent(at);
  if (begun_ && !next_ && (plan_.count > 0 ? counted_ == plan_.count : at >= issue_until_)) issued_all_ = true;
  end_if_done();
  loop_.call_at(at + std::clamp(plan_.timeout / 4, tick_shortest, tick_longest), [this] { tick(); });
}

void load_generator::end_if_done() {
  if (begun_ && issued_all_ && open_ == 0) stop();
}

void load_generator::give_up(const std::string& sentence) {
  if (result_.error.empty()) result_.error = sentence;
  issued_all_ = true;
  stop();
}

void load_generator::stop() { is_over_ = true; }

void load_generator::threw(std::exception_ptr what) noexcept {
  if (!thrown_) thrown_ = std::move(what);
  stop();
}

void load_generator::show_progress() {
  const uint64_t answered = result_.count_of(ending::ok);
  const double seconds = std::chrono::duration<double>(now() - counted_from_).count();
  if (begun_ && seconds > 0)
    show(fmt::format("\r\x1b[K{} requests counted, {} answered ok, {} otherwise, {} waiting, {:.0f} requests/s",
                     counted_, answered, result_.samples.size() - answered, open_,
                     static_cast<double>(answered) / seconds));
  loop_.call_at(now() + progress_interval, [this] { show_progress(); });
}

} // namespace texlex::load
