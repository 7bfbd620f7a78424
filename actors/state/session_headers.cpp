// What a connection reads of frames before their payloads: which they are, and whether they are let in. See
// session_protocol.hpp.
#include <algorithm>
#include <utility>

#include "actors/state/session_protocol.hpp"
#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

bool is_batch(const frame_header& header) noexcept { return header.type == static_cast<uint32_t>(frame_type::batch); }

bool has_options(const frame_header& header) noexcept {
  return is_batch(header) || header.type == static_cast<uint32_t>(frame_type::tokenize);
}

/// Of the document that a request announces, options that may stand before it among them.
uint32_t document_bytes_of(const frame_header& header) noexcept {
  const auto before = static_cast<uint32_t>(has_options(header) ? tokenize_fixed_bytes : document_length_bytes);
  return header.payload_bytes >= before ? header.payload_bytes - before : header.payload_bytes;
}

/// It has so many at least.
uint32_t document_bytes_min(const frame_header& header) noexcept {
  if (!has_options(header)) return document_bytes_of(header);
  const uint32_t head_bytes_max =
    limits::tokenize_head_bytes_max + (is_batch(header) ? 4 * limits::batch_documents_max : 0);
  return header.payload_bytes - std::min(header.payload_bytes, head_bytes_max);
}

} // namespace

header_verdict session_protocol::header_read(const frame_header& header, instant now, const frame_arrival& arrival) {
  require(step_ == read_step::header, "a header is read where a header was due");
  frame_begun(now);
  payload_bytes_ = header.payload_bytes;
  payload_arrived_ = 0;
  request_form_ = response_form::counts;
  const auto type = known_type(header.type);
  if (!type) return end_with(header.id, status::unknown_type), header_verdict{};
  const bool is_request = *type == frame_type::request || *type == frame_type::tokenize || *type == frame_type::batch;
  if (*type == frame_type::tokenize) request_form_ = response_form::tokenized;
  if (*type == frame_type::batch) request_form_ = response_form::batch;
  if (header.payload_bytes > limits::frame_payload_bytes_max) {
    end_with(header.id, status::frame_too_large, request_form_);
    return is_request ? header_verdict{header_kind::request, {}} : header_verdict{};
  }
  step_ = read_step::skip;
  const header_verdict verdict = *type == frame_type::stats     ? stats_header_read(header)
                                 : *type == frame_type::cancel  ? cancel_header_read(header)
                                 : *type == frame_type::release ? header_verdict{header_kind::release, {}, 1, header.id}
                                 : *type == frame_type::hello   ? hello_header_read(header)
                                                                : request_header_read(header, arrival);
  if (verdict.kind == header_kind::held_back) {
    held_back_since_ = now;
  } else {
    skip_refused(now);
  }
  check_invariants();
  return verdict;
}

std::optional<frame_type> session_protocol::known_type(uint32_t type) const noexcept {
  switch (static_cast<frame_type>(type)) {
    case frame_type::request:
    case frame_type::cancel:
    case frame_type::stats:
    case frame_type::hello: return static_cast<frame_type>(type);
    case frame_type::tokenize:
    case frame_type::batch:
      if (version_ >= 2) return static_cast<frame_type>(type);
      return std::nullopt;
    case frame_type::release:
      if (holds(features_, hello_feature::descriptors)) return frame_type::release;
      return std::nullopt;
    default: return std::nullopt;
  }
}

// A second hello is none, as the first may have been relied on.
header_verdict session_protocol::hello_header_read(const frame_header& header) {
  if (std::exchange(greeted_, true) || header.payload_bytes < hello_bytes
      || header.payload_bytes > limits::hello_payload_bytes_max)
    return end_with(header.id, status::malformed_frame), header_verdict{};
  request_id_ = header.id;
  step_ = read_step::hello;
  return {header_kind::hello, {}};
}

void session_protocol::hello_read(std::span<const uint8_t> payload, const hello_texts& answers, uint32_t offered,
                                  instant now) {
  require(step_ == read_step::hello && payload.size() == payload_bytes_, "a hello is read where one was due");
  const auto said = decode_hello(payload);
  if (!said) return end_with(request_id_, status::malformed_frame);
  const bool speaks_2 = said->version_min <= 2 && said->version_max >= 2;
  const uint32_t features = speaks_2 ? said->features & all_features & offered : 0;
  waiting_.push_back({.id = request_id_,
                      .result = {.status = status::ok},
                      .text = speaks_2 ? answers.version_2.at(features) : answers.version_1,
                      .form = response_form::hello});
  if (speaks_2) version_ = 2;
  features_ = features;
  if (draining_) tell_going_away();
  frame_ended(now);
  check_invariants();
}

void session_protocol::skip_refused(instant now) {
  if (step_ == read_step::skip && payload_bytes_ == 0) frame_ended(now);
}

// The cheapest reasons to refuse come first; the place is taken last, when nothing else can refuse.
header_verdict session_protocol::request_header_read(const frame_header& header, const frame_arrival& arrival) {
  constexpr header_verdict request{header_kind::request, {}};
  const auto refused = [&](status reason) {
    respond(header.id, reason, 0, request_form_);
    return request;
  };
  if (draining_) return refused(status::shutting_down);
  if (document_bytes_min(header) > limits_.document_bytes_max) return refused(status::document_too_large);
  if (in_flight(header.id)) return refused(status::duplicate_id);
  if (let_in(header, arrival)) return request;
  held_back_ = header;
  return {header_kind::held_back, {}};
}

bool session_protocol::let_in(const frame_header& header, const frame_arrival& arrival) {
  gate::answer answer = gate_.ask({.document_bytes = document_bytes_of(header),
                                   .in_flight = open_.size(),
                                   .waited = arrival.waited,
                                   .more_behind = arrival.more_behind});
  if (answer.verdict == gate_verdict::hold) return false;
  if (answer.verdict == gate_verdict::refuse) {
    respond(header.id, status::overload, answer.retry_after_ms, request_form_);
    return true;
  }
  place_ = std::move(answer.place);
  request_id_ = header.id;
  taken_ = {taken_.requests_taken + 1, header.id};
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
  respond(held_back_->id, reason, reason == status::overload ? gate_.retry_after_ms() : 0, request_form_);
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
  open_.push_back({request_id_, number, response_form::stats});
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
  return {header_kind::cancel, open->job, open->jobs()};
}

} // namespace texlex
