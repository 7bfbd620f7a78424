#include "clients/cli/bench/load_generator.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <sys/prctl.h>

namespace texlex::load {
namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

/// How exactly the system wakes this thread; the default of 50 us would be seen in every latency.
constexpr unsigned long timer_slack_ns = 1000;
/// Time-outs are kept to a quarter of themselves, or to this.
constexpr duration tick_longest = 100ms;
constexpr duration tick_shortest = 1ms;
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

// One that the process was told to ignore, as a shell does for what runs in the background, stays ignored.
bool is_ignored(int signal) {
  struct sigaction now_set {};
  return ::sigaction(signal, nullptr, &now_set) == 0 && now_set.sa_handler == SIG_IGN;
}

std::vector<uint32_t> weights_of(const load_plan& plan) {
  std::vector<uint32_t> weights;
  for (const load_document& document : plan.documents) weights.push_back(document.weight);
  return weights;
}

} // namespace

load_generator::load_generator(const load_plan& plan)
  : plan_(plan), schedule_(plan.arrivals, plan.requests_per_second.value_or(1), plan.seed),
    mix_(weights_of(plan), plan.seed + mix_seed_offset), due_timer_(io_), tick_timer_(io_), progress_timer_(io_),
    signals_(io_) {
  load_events& events = *this;
  for (uint32_t i = 0; i < plan.connections; ++i) {
    const auto target = static_cast<uint8_t>(i % plan.targets.size());
    connections_.push_back(std::make_unique<load_connection>(io_, plan, target, events));
  }
}

load_result load_generator::run() {
  prctl(PR_SET_TIMERSLACK, timer_slack_ns, 0, 0, 0);
  if (plan_.heed_signals) heed_signals();
  last_answer_ = now();
  if (plan_.reconnect) {
    begin();
  } else {
    for (auto& connection : connections_) connection->open();
  }
  tick();
  if (plan_.show_progress) show_progress();
  io_.run();
  if (plan_.show_progress) show("\r\x1b[K");
  if (!result_.error.empty()) count_unfinished();
  if (result_.interrupted_by != 0 && begun_) last_end_ = now();
  const bool by_time = plan_.count == 0 && result_.error.empty() && result_.interrupted_by == 0;
  result_.elapsed = std::max(duration{0}, (by_time ? std::max(last_end_, issue_until_) : last_end_) - counted_from_);
  return std::move(result_);
}

// The first signal ends the run; the next meets what the process had for it before, and ends it at once.
void load_generator::heed_signals() {
  for (const int signal : {SIGINT, SIGTERM})
    if (!is_ignored(signal)) signals_.add(signal);
  signals_.async_wait([this](const error_code& cancelled, int signal) {
    if (cancelled) return;
    signals_.clear();
    result_.interrupted_by = signal;
    stop();
  });
}

// What a run that is given up leaves behind has failed as well.
void load_generator::count_unfinished() {
  const instant at = now();
  last_end_ = at;
  for (auto& connection : connections_) connection->abandon(at);
  for (const due_request& request : std::exchange(pending_, {}))
    ended(request, {0, never_sent, request.document, 0, ending::not_sent, origin::none});
}

// Only now, with every connection made or refused, so that the first requests are not late for that.
void load_generator::begin() {
  begun_ = true;
  const instant at = now();
  last_answer_ = at;
  counted_from_ = at + plan_.warm_up;
  issue_until_ = counted_from_ + plan_.span;
  last_end_ = counted_from_;
  if (plan_.requests_per_second) {
    next_ = next_scheduled();
    return wait_for_next();
  }
  for (auto& connection : connections_) ready(*connection);
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

void load_generator::issue_due() {
  const instant at = now();
  for (; next_ && next_->intended <= at; next_ = next_scheduled()) {
    if (pending_.size() < pending_max) {
      pending_.push_back(*next_);
    } else {
      ended(*next_, {0, never_sent, next_->document, 0, ending::not_sent, origin::none});
    }
  }
  send_pending();
  wait_for_next();
}

void load_generator::wait_for_next() {
  if (!next_) return end_if_done();
  due_timer_.expires_at(next_->intended);
  due_timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) issue_due();
  });
}

void load_generator::send_pending() {
  while (!pending_.empty()) {
    load_connection* const connection = least_busy();
    if (connection == nullptr) return;
    const due_request request = pending_.front();
    pending_.pop_front();
    connection->take(request);
  }
}

load_connection* load_generator::least_busy() {
  load_connection* best = nullptr;
  for (size_t i = 0; i < connections_.size(); ++i) {
    load_connection& candidate = *connections_[(first_choice_ + i) % connections_.size()];
    if (candidate.can_take() && (best == nullptr || candidate.in_flight() < best->in_flight())) best = &candidate;
  }
  first_choice_ = (first_choice_ + 1) % connections_.size();
  return best;
}

void load_generator::ready(load_connection& connection) {
  if (!begun_) return;
  if (plan_.requests_per_second) {
    send_pending();
  } else {
    while (connection.can_take()) {
      const auto request = request_at(now());
      if (!request) break;
      connection.take(*request);
    }
  }
  end_if_done();
}

void load_generator::ended(const due_request& request, const load_sample& sample) {
  --open_;
  ++result_.requests_in_all;
  if (sample.ending == ending::timed_out) {
    failed_again("requests are not answered in time");
  } else if (sample.ending < ending::timed_out) { // an answer, whichever
    failures_in_a_row_ = 0;
    last_answer_ = now();
  }
  if (!request.counted) return;
  last_end_ = std::max(last_end_, now());
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
    ended(late, {to_sample_us(at - late.intended), never_sent, late.document, 0, ending::timed_out, origin::none});
  }
  end_if_silent(at);
  if (begun_ && !next_ && (plan_.count > 0 ? counted_ == plan_.count : at >= issue_until_)) issued_all_ = true;
  end_if_done();
  if (io_.stopped()) return;
  tick_timer_.expires_after(std::clamp(plan_.timeout / 4, tick_shortest, tick_longest));
  tick_timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) tick();
  });
}

void load_generator::end_if_done() {
  if (begun_ && issued_all_ && open_ == 0) stop();
}

void load_generator::give_up(const std::string& sentence) {
  if (result_.error.empty()) result_.error = sentence;
  issued_all_ = true;
  stop();
}

void load_generator::stop() { io_.stop(); }

void load_generator::show_progress() {
  const uint64_t answered = result_.count_of(ending::ok);
  const double seconds = std::chrono::duration<double>(now() - counted_from_).count();
  if (begun_ && seconds > 0)
    show(fmt::format("\r\x1b[K{} requests counted, {} answered ok, {} otherwise, {} waiting, {:.0f} requests/s",
                     counted_, answered, result_.samples.size() - answered, open_,
                     static_cast<double>(answered) / seconds));
  progress_timer_.expires_after(progress_interval);
  progress_timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) show_progress();
  });
}

} // namespace texlex::load
