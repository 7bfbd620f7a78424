#include "actors/state/session_protocol.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {

session_protocol::session_protocol(const session_limits& limits, gate& gate, instant now)
  : limits_(limits), gate_(gate), quiet_since_(now) {}

void session_protocol::starved(instant now) noexcept {
  if (!starved_since_) starved_since_ = now;
}

void session_protocol::payload_arrived(size_t bytes, instant now) noexcept {
  require(bytes <= payload_missing(), "no more of a payload arrives than was announced");
  payload_arrived_ += static_cast<uint32_t>(bytes);
  if (step_ != read_step::payload) return;
  place_.arrived(bytes);
  if (starved_since_ && bytes > 0) frame_begun_ += now - *std::exchange(starved_since_, std::nullopt);
}

void session_protocol::frame_begun(instant now) {
  if (!at_frame_start()) return;
  in_frame_ = true;
  frame_begun_ = now;
}

void session_protocol::frame_ended(instant now) {
  step_ = read_step::header;
  in_frame_ = false;
  starved_since_.reset();
  quiet_since_ = now;
}

header_verdict session_protocol::header_read(const frame_header& header, instant now, const frame_arrival& arrival) {
  require(step_ == read_step::header, "a header is read where a header was due");
  frame_begun(now);
  payload_bytes_ = header.payload_bytes;
  payload_arrived_ = 0;
  const bool is_request = header.type == static_cast<uint32_t>(frame_type::request);
  const bool is_cancel = header.type == static_cast<uint32_t>(frame_type::cancel);
  const bool is_stats = header.type == static_cast<uint32_t>(frame_type::stats);
  if (!is_request && !is_cancel && !is_stats) {
    end_with(header.id, status::unknown_type);
    return {};
  }
  if (header.payload_bytes > limits::frame_payload_bytes_max) {
    end_with(header.id, status::frame_too_large);
    return is_request ? header_verdict{header_kind::request, {}} : header_verdict{};
  }
  step_ = read_step::skip;
  const header_verdict verdict = is_request ? request_header_read(header, arrival)
                                 : is_stats ? stats_header_read(header)
                                            : cancel_header_read(header);
  if (verdict.kind == header_kind::held_back) {
    held_back_since_ = now;
  } else {
    skip_refused(now);
  }
  check_invariants();
  return verdict;
}

void session_protocol::skip_refused(instant now) {
  if (step_ == read_step::skip && payload_bytes_ == 0) frame_ended(now);
}

// The cheapest reasons to refuse come first; the place is taken last, when nothing else can refuse.
header_verdict session_protocol::request_header_read(const frame_header& header, const frame_arrival& arrival) {
  constexpr header_verdict request{header_kind::request, {}};
  const auto refused = [&](status reason) {
    respond(header.id, reason);
    return request;
  };
  const uint32_t bytes = header.payload_bytes;
  const uint32_t document_bytes =
    bytes >= document_length_bytes ? bytes - static_cast<uint32_t>(document_length_bytes) : bytes;
  if (draining_) return refused(status::shutting_down);
  if (document_bytes > limits_.document_bytes_max) return refused(status::document_too_large);
  if (in_flight(header.id)) return refused(status::duplicate_id);
  if (let_in(header, arrival)) return request;
  held_back_ = header;
  return {header_kind::held_back, {}};
}

bool session_protocol::let_in(const frame_header& header, const frame_arrival& arrival) {
  const uint32_t bytes = header.payload_bytes;
  const auto inner = static_cast<uint32_t>(document_length_bytes);
  gate::answer answer = gate_.ask({.document_bytes = bytes >= inner ? bytes - inner : bytes,
                                   .in_flight = open_.size(),
                                   .waited = arrival.waited,
                                   .more_behind = arrival.more_behind});
  if (answer.verdict == gate_verdict::hold) return false;
  if (answer.verdict == gate_verdict::refuse) {
    respond(header.id, status::overload, answer.retry_after_ms);
    return true;
  }
  place_ = std::move(answer.place);
  request_id_ = header.id;
  step_ = read_step::payload;
  return true;
}

bool session_protocol::go_on(instant now) {
  if (!held_back_) return true;
  if (draining_) {
    refuse_held_back(status::shutting_down, now);
  } else if (let_in(*held_back_, {})) {
    held_back_.reset();
    frame_begun_ += now - held_back_since_; // that was our time, not the client's
    skip_refused(now);
  } else if (now - held_back_since_ >= limits_.held_back_max) {
    refuse_held_back(status::overload, now);
  }
  check_invariants();
  return !held_back_;
}

instant session_protocol::held_back_until() const noexcept {
  if (!held_back_) return instant::min();
  return limits_.held_back_max == duration::max() ? instant::max() : held_back_since_ + limits_.held_back_max;
}

void session_protocol::refuse_held_back(status reason, instant now) {
  respond(held_back_->id, reason, reason == status::overload ? gate_.retry_after_ms() : 0);
  held_back_.reset();
  frame_begun_ = now;
  skip_refused(now);
}

header_verdict session_protocol::stats_header_read(const frame_header& header) {
  if (draining_ || in_flight(header.id)) {
    respond(header.id, draining_ ? status::shutting_down : status::duplicate_id);
    return {header_kind::stats_refused, {}};
  }
  request_id_ = header.id;
  return {header_kind::stats, {}};
}

void session_protocol::stats_asked(job_id number) {
  open_.push_back({request_id_, number, true});
  ++stats_open_;
  check_invariants();
}

bool session_protocol::in_flight(uint64_t id) const noexcept {
  return std::any_of(open_.begin(), open_.end(), [&](const open_request& open) { return open.id == id; });
}

header_verdict session_protocol::cancel_header_read(const frame_header& header) const {
  const auto open =
    std::find_if(open_.begin(), open_.end(), [&](const open_request& request) { return request.id == header.id; });
  if (open == open_.end()) return {header_kind::cancel_of_unknown_id, {}};
  return {header_kind::cancel, open->job};
}

std::optional<submission> session_protocol::payload_read(std::span<const uint8_t> payload, job_id job, instant now) {
  require(step_ == read_step::payload && payload.size() == payload_bytes_, "a payload is read where one was due");
  if (open_.size() == open_.capacity()) open_.reserve(2 * open_.size() + 4);
  frame_ended(now);
  place_.whole();
  const document_extent document = find_document(payload);
  if (document.bytes > limits_.document_bytes_max) { // without its inner length it may be four bytes too long
    place_.give_back();
    respond(request_id_, status::document_too_large);
    return std::nullopt;
  }
  open_.push_back({request_id_, job});
  submission accepted{document, std::move(place_)};
  check_invariants();
  return accepted;
}

void session_protocol::payload_skipped(instant now) {
  if (step_ == read_step::skip) frame_ended(now);
}

void session_protocol::payload_refused(instant now) {
  require(step_ == read_step::payload, "a payload is refused where one was due");
  place_.give_back();
  if (starved_since_) frame_begun_ += now - *std::exchange(starved_since_, std::nullopt);
  respond(request_id_, status::overload, gate_.retry_after_ms());
  step_ = read_step::skip;
}

void session_protocol::end_of_stream(instant) {
  ended_by_client_ = true;
  if (const auto cut = std::exchange(held_back_, std::nullopt)) {
    end_with(cut->id, status::frame_cut_short);
  } else if (step_ == read_step::payload) {
    end_with(request_id_, status::frame_cut_short);
  } else {
    step_ = read_step::ended; // between frames, or in one whose id is not known or has its response
  }
  in_frame_ = false;
}

bool session_protocol::answered(job_id job, const outcome& result, instant now) {
  return close_open(job, {.result = result}, now);
}

bool session_protocol::told(job_id number, std::shared_ptr<const std::string> stats, instant now) {
  return close_open(number, {.result = {.status = status::ok}, .stats = std::move(stats)}, now);
}

bool session_protocol::close_open(job_id job, response with, instant now) {
  const auto open =
    std::find_if(open_.begin(), open_.end(), [&](const open_request& request) { return request.job == job; });
  if (open == open_.end()) return false;
  with.id = open->id;
  waiting_.push_back(std::move(with));
  if (open->stats) --stats_open_;
  *open = open_.back();
  open_.pop_back();
  quiet_since_ = now;
  release_last_response();
  check_invariants();
  return true;
}

std::span<const response> session_protocol::begin_write(instant now) {
  if (!being_written_.empty() || waiting_.empty()) return {};
  std::swap(waiting_, being_written_);
  write_begun_ = now;
  return being_written_;
}

void session_protocol::written(instant now) {
  being_written_.clear();
  quiet_since_ = now;
  served_ = true;
}

void session_protocol::refuse(status reason) { end_with(0, reason); }

void session_protocol::drain() { draining_ = true; }

bool session_protocol::drained() const noexcept { return draining_ && at_frame_start() && held() == 0; }

void session_protocol::end() noexcept {
  held_back_.reset();
  place_.give_back();
  step_ = read_step::ended;
}

size_t session_protocol::abandon() {
  const size_t begun = open_.size() + (step_ == read_step::payload || held_back_ ? 1 : 0);
  draining_ = true;
  if (held_back_) {
    respond(held_back_->id, status::shutting_down);
    held_back_.reset();
  }
  for (const open_request& request : open_) respond(request.id, status::shutting_down);
  open_.clear();
  stats_open_ = 0;
  if (step_ == read_step::payload) {
    end_with(request_id_, status::shutting_down);
  } else {
    step_ = read_step::ended;
    release_last_response();
  }
  check_invariants();
  return begun;
}

void session_protocol::forgive(duration lag, instant now) noexcept {
  for (instant* const since : {&quiet_since_, &frame_begun_, &write_begun_}) *since = std::min(*since + lag, now);
  if (starved_since_) *starved_since_ = std::min(*starved_since_ + lag, now);
}

tick_verdict session_protocol::tick(instant now, size_t ahead) {
  if (!being_written_.empty() && now - write_begun_ >= limits_.write_timeout) return tick_verdict::close;
  if (step_ == read_step::ended) return tick_verdict::nothing;
  if (held_back_) return tick_verdict::nothing; // `go_on` is asked for it
  if (!in_frame_)
    return held() == 0 && now - quiet_since_ >= limits_.idle_timeout ? tick_verdict::close : tick_verdict::nothing;
  if (frame_time(now) < limits_.read_timeout && !too_slow(now, ahead)) return tick_verdict::nothing;
  push_out();
  return tick_verdict::reading_ended;
}

duration session_protocol::frame_time(instant now) const noexcept {
  if (held_back_) now = held_back_since_;
  return (starved_since_ ? *starved_since_ : now) - frame_begun_;
}

bool session_protocol::too_slow(instant now, size_t ahead) const noexcept {
  const duration taken = frame_time(now);
  if (limits_.read_rate_min == 0 || taken < limits_.read_grace) return false;
  return static_cast<double>(payload_arrived_ + ahead)
         < limits_.read_rate_min * std::chrono::duration<double>(taken).count();
}

void session_protocol::push_out() {
  if (step_ == read_step::payload) {
    end_with(request_id_, status::frame_timeout);
  } else {
    held_back_.reset();
    step_ = read_step::ended;
  }
}

standing session_protocol::standing_at(instant now, size_t ahead) const noexcept {
  const bool something = held() > 0 || last_response_ || held_back_;
  if (in_frame_ && !held_back_)
    return {.at = standing::kind::reading,
            .since = frame_time(now),
            .bytes = payload_arrived_ + ahead,
            .served = served_,
            .gives_bytes = step_ == read_step::payload && payload_arrived_ > 0};
  return {
    .at = something ? standing::kind::busy : standing::kind::idle, .since = now - quiet_since_, .served = served_};
}

bool session_protocol::done() const noexcept { return step_ == read_step::ended && held() == 0 && !last_response_; }

void session_protocol::respond(uint64_t id, status reason, uint32_t retry_after_ms) {
  waiting_.push_back({id, {reason, retry_after_ms, 0, origin::none}, nullptr});
}

void session_protocol::end_with(uint64_t id, status reason) {
  place_.give_back();
  step_ = read_step::ended;
  last_response_ = response{id, {reason, 0, 0, origin::none}, nullptr};
  release_last_response();
}

void session_protocol::release_last_response() {
  if (!last_response_ || !open_.empty()) return;
  waiting_.push_back(*last_response_);
  last_response_.reset();
}

void session_protocol::check_invariants() const {
  require(held() + (last_response_ ? 1 : 0) + (step_ == read_step::payload || held_back_ ? 1 : 0)
            <= limits_.requests_in_flight_max,
          "a connection holds no more than it may");
  require(place_.held() == (step_ == read_step::payload), "a place is held while its payload is read");
  require(!last_response_ || (step_ == read_step::ended && !open_.empty()), "a last response waits for open jobs only");
}

} // namespace texlex
