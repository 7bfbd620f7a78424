#include "actors/state/session_protocol.hpp"

#include <algorithm>
#include <utility>

#include "actors/state/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {

session_protocol::session_protocol(const session_limits& limits, admission& admission, instant now)
  : limits_(limits), admission_(admission), quiet_since_(now) {}

read_step session_protocol::reading() const noexcept {
  return at_frame_start() && held() >= limits_.requests_in_flight_max ? read_step::pause : step_;
}

void session_protocol::frame_begun(instant now) {
  if (!at_frame_start()) return;
  in_frame_ = true;
  frame_begun_ = now;
}

void session_protocol::frame_ended(instant now) {
  step_ = read_step::header;
  in_frame_ = false;
  quiet_since_ = now;
}

header_verdict session_protocol::header_read(const frame_header& header, instant now) {
  require(step_ == read_step::header, "a header is read where a header was due");
  frame_begun(now);
  payload_bytes_ = header.payload_bytes;
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
  const header_verdict verdict = is_request ? request_header_read(header)
                                 : is_stats ? stats_header_read(header)
                                            : cancel_header_read(header);
  if (step_ == read_step::skip && header.payload_bytes == 0) frame_ended(now);
  check_invariants();
  return verdict;
}

// The cheapest reasons to refuse come first; the place is taken last, when nothing else can refuse.
header_verdict session_protocol::request_header_read(const frame_header& header) {
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
  auto place = admission_.admit(document_bytes);
  if (!place) return refused(status::overload);
  place_ = std::move(*place);
  request_id_ = header.id;
  step_ = read_step::payload;
  return request;
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
  open_.push_back({request_id_, number});
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
  frame_ended(now);
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

void session_protocol::payload_refused() {
  require(step_ == read_step::payload, "a payload is refused where one was due");
  place_.give_back();
  respond(request_id_, status::overload);
  step_ = read_step::skip;
}

void session_protocol::end_of_stream(instant) {
  ended_by_client_ = true;
  if (step_ == read_step::payload) {
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
  *open = open_.back();
  open_.pop_back();
  quiet_since_ = now;
  release_last_response();
  check_invariants();
  return true;
}

std::vector<job_id> session_protocol::open_jobs() const {
  std::vector<job_id> jobs;
  for (const open_request& request : open_) jobs.push_back(request.job);
  return jobs;
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
}

void session_protocol::refuse(status reason) { end_with(0, reason); }

void session_protocol::drain() { draining_ = true; }

bool session_protocol::drained() const noexcept { return draining_ && at_frame_start() && held() == 0; }

void session_protocol::end() noexcept {
  place_.give_back();
  step_ = read_step::ended;
}

size_t session_protocol::abandon() {
  const size_t begun = open_.size() + (step_ == read_step::payload ? 1 : 0);
  draining_ = true;
  for (const open_request& request : open_) respond(request.id, status::shutting_down);
  open_.clear();
  if (step_ == read_step::payload) {
    end_with(request_id_, status::shutting_down);
  } else {
    step_ = read_step::ended;
    release_last_response();
  }
  check_invariants();
  return begun;
}

tick_verdict session_protocol::tick(instant now) {
  if (!being_written_.empty() && now - write_begun_ >= limits_.write_timeout) return tick_verdict::close;
  if (step_ == read_step::ended) return tick_verdict::nothing;
  if (!in_frame_)
    return held() == 0 && now - quiet_since_ >= limits_.idle_timeout ? tick_verdict::close : tick_verdict::nothing;
  if (now - frame_begun_ < limits_.read_timeout) return tick_verdict::nothing;
  if (step_ == read_step::payload) {
    end_with(request_id_, status::frame_timeout);
  } else {
    step_ = read_step::ended;
  }
  return tick_verdict::reading_ended;
}

bool session_protocol::done() const noexcept { return step_ == read_step::ended && held() == 0 && !last_response_; }

void session_protocol::respond(uint64_t id, status reason) {
  waiting_.push_back({id, {reason, 0, 0, origin::none}, nullptr});
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
  require(held() + (last_response_ ? 1 : 0) + (step_ == read_step::payload ? 1 : 0) <= limits_.requests_in_flight_max,
          "a connection holds no more than it may");
  require(place_.held() == (step_ == read_step::payload), "a place is held while its payload is read");
  require(!last_response_ || (step_ == read_step::ended && !open_.empty()), "a last response waits for open jobs only");
}

} // namespace texlex
