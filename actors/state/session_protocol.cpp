#include "actors/state/session_protocol.hpp"

#include <algorithm>
#include <utility>

#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

/// The form in which a request in flight is refused.
response_form refusal_of(const session_protocol::open_request& request) noexcept {
  return request.form == response_form::stats ? response_form::counts : request.form;
}

response response_of(session_protocol::batch_answers& batch) noexcept {
  return {.result = {.status = status::ok}, .documents = std::move(batch.documents)};
}

} // namespace

uint64_t column_bytes_of(const response& one) noexcept {
  uint64_t bytes = one.columns ? one.columns->bytes : 0;
  for (const response& each : one.documents) bytes += column_bytes_of(each);
  return bytes;
}

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
  if (bytes > 0) fed(now);
}

// The time without room was not its client's.
void session_protocol::fed(instant now) noexcept {
  if (starved_since_) frame_begun_ += now - *std::exchange(starved_since_, std::nullopt);
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

std::optional<submission> session_protocol::payload_read(std::span<const uint8_t> payload, job_id job, instant now) {
  require(step_ == read_step::payload && payload.size() == payload_bytes_, "a payload is read where one was due");
  if (open_.size() == open_.capacity()) open_.reserve(2 * open_.size() + 4);
  std::unique_ptr<batch_answers> answers;
  if (const size_t documents = in_batch() ? batch_documents_announced(payload) : 0; documents > 0)
    answers = std::make_unique<batch_answers>(documents);
  frame_ended(now);
  place_.whole();
  submission accepted;
  auto refused = take_apart(payload, accepted);
  // What stands before it is as long as it says only now: the document may be that much too long.
  if (!refused && accepted.document.bytes > limits_.document_bytes_max) refused = status::document_too_large;
  if (refused) {
    place_.give_back();
    respond(request_id_, *refused, 0, request_form_);
    return std::nullopt;
  }
  const tokenize_options options = accepted.options.value_or(tokenize_options{});
  open_.push_back({request_id_, job, request_form_, options.view, options.unit, 0, std::move(answers)});
  accepted.place = std::move(place_);
  check_invariants();
  return accepted;
}

std::vector<session_protocol::open_request>::iterator session_protocol::find_open(job_id job) noexcept {
  return std::find_if(open_.begin(), open_.end(), [&](const open_request& request) { return request.has(job); });
}

void session_protocol::expect_columns(job_id job, uint64_t bytes) noexcept {
  const auto open = find_open(job);
  require(open != open_.end(), "columns are expected of what is open");
  open->column_bytes += bytes;
  column_bytes_held_ += bytes;
}

std::optional<status> session_protocol::take_apart(std::span<const uint8_t> payload, submission& into) const noexcept {
  if (request_form_ == response_form::counts) {
    into.document = find_document(payload);
    return std::nullopt;
  }
  if (request_form_ == response_form::batch) {
    const auto request = decode_batch(payload);
    if (const auto* const wrong = std::get_if<status>(&request)) return *wrong;
    into.batch = std::get<batch_request>(request);
    into.options = into.batch->options;
    into.document = {payload.size() - into.batch->text.size(), into.batch->text.size(), false};
    return std::nullopt;
  }
  const auto request = decode_tokenize(payload);
  if (const auto* const wrong = std::get_if<status>(&request)) return *wrong;
  const auto& [options, offset, bytes] = std::get<tokenize_request>(request);
  const bool passes = options.document_by_descriptor || options.columns_by_descriptor;
  if (passes && !holds(features_, hello_feature::descriptors)) return status::unsupported_option;
  into.options = options;
  into.document = {offset, bytes, false};
  return std::nullopt;
}

void session_protocol::payload_skipped(instant now) {
  if (step_ == read_step::skip) frame_ended(now);
}

void session_protocol::payload_refused(instant now) {
  require(step_ == read_step::payload, "a payload is refused where one was due");
  place_.give_back();
  fed(now);
  respond(request_id_, status::overload, gate_.retry_after_ms(), request_form_);
  step_ = read_step::skip;
}

void session_protocol::end_of_stream(instant) {
  ended_by_client_ = true;
  if (const auto cut = std::exchange(held_back_, std::nullopt)) {
    end_with(cut->id, status::frame_cut_short, request_form_);
  } else if (step_ == read_step::payload || step_ == read_step::hello) {
    end_with(request_id_, status::frame_cut_short, request_form_);
  } else {
    step_ = read_step::ended; // between frames, or in one whose id is not known or has its response
  }
  in_frame_ = false;
}

bool session_protocol::answered(job_id job, const outcome& result, instant now, column_answer_ptr columns) {
  return close_open(job, {.result = result, .columns = std::move(columns)}, now);
}

bool session_protocol::told(job_id number, std::shared_ptr<const std::string> stats, instant now) {
  return close_open(number, {.result = {.status = status::ok}, .text = std::move(stats)}, now);
}

bool session_protocol::close_open(job_id job, response with, instant now) {
  const auto open = find_open(job);
  if (open == open_.end()) return false;
  with.view = open->view;
  with.unit = open->unit;
  if (open->batch) {
    with.form = response_form::tokenized;
    if (!add_to_batch(*open, job, std::move(with))) return false;
    if (open->batch->missing > 0) return true;
    with = response_of(*open->batch);
  }
  with.id = open->id;
  with.form = open->form;
  const uint64_t column_bytes = column_bytes_of(with);
  waiting_.push_back(std::move(with));
  column_bytes_held_ += column_bytes;
  column_bytes_held_ -= open->column_bytes;
  if (open->form == response_form::stats) --stats_open_;
  if (&*open != &open_.back()) *open = std::move(open_.back());
  open_.pop_back();
  quiet_since_ = now;
  release_last_response();
  check_invariants();
  return true;
}

bool session_protocol::add_to_batch(open_request& batch, job_id job, response with) noexcept {
  batch_answers& answers = *batch.batch;
  const auto index = static_cast<size_t>(job.value - batch.job.value);
  if (answers.answered.test(index)) return false;
  answers.answered.set(index);
  answers.documents[index] = std::move(with);
  --answers.missing;
  return true;
}

std::span<const response> session_protocol::begin_write(instant now) {
  if (!being_written_.empty() || waiting_.empty()) return {};
  std::swap(waiting_, being_written_);
  write_begun_ = now;
  return being_written_;
}

void session_protocol::written(instant now) {
  for (const response& each : being_written_) column_bytes_held_ -= column_bytes_of(each);
  being_written_.clear();
  quiet_since_ = now;
  served_ = true;
}

void session_protocol::refuse(status reason) { end_with(0, reason); }

void session_protocol::drain() {
  draining_ = true;
  tell_going_away();
}

// Once, and only who has asked for it: others would not know the frame.
void session_protocol::tell_going_away() {
  if (!holds(features_, hello_feature::going_away) || step_ == read_step::ended) return;
  if (std::exchange(told_going_away_, true)) return;
  const auto payload = encode_going_away(taken_);
  waiting_.push_back({.id = 0,
                      .result = {.status = status::ok},
                      .text = std::make_shared<const std::string>(payload.begin(), payload.end()),
                      .form = response_form::going_away});
}

bool session_protocol::drained() const noexcept { return draining_ && at_frame_start() && held() == 0; }

void session_protocol::end() noexcept {
  held_back_.reset();
  place_.give_back();
  step_ = read_step::ended;
}

size_t session_protocol::abandon() {
  size_t begun = step_ == read_step::payload || held_back_ ? 1 : 0;
  draining_ = true;
  if (held_back_) {
    respond(held_back_->id, status::shutting_down, 0, request_form_);
    held_back_.reset();
  }
  for (open_request& request : open_) {
    begun += request.jobs_open();
    abandon(request);
  }
  open_.clear();
  stats_open_ = 0;
  if (step_ == read_step::payload) {
    end_with(request_id_, status::shutting_down, request_form_);
  } else {
    step_ = read_step::ended;
    release_last_response();
  }
  check_invariants();
  return begun;
}

// What documents of a batch have been answered with is not lost.
void session_protocol::abandon(open_request& request) {
  if (!request.batch) return respond(request.id, status::shutting_down, 0, refusal_of(request));
  for (uint32_t i = 0; i < request.jobs(); ++i)
    (void)add_to_batch(request, {request.job.value + i},
                       {.result = {status::shutting_down, 0, 0, origin::none},
                        .form = response_form::tokenized,
                        .view = request.view,
                        .unit = request.unit});
  response all = response_of(*request.batch);
  all.id = request.id;
  all.form = request.form;
  column_bytes_held_ += column_bytes_of(all);
  waiting_.push_back(std::move(all));
}

void session_protocol::forgive(duration lag, instant now) noexcept {
  for (instant* const since : {&quiet_since_, &frame_begun_, &write_begun_}) *since = std::min(*since + lag, now);
  if (starved_since_) *starved_since_ = std::min(*starved_since_ + lag, now);
}

tick_verdict session_protocol::tick(instant now, size_t ahead) {
  if (!being_written_.empty() && now - write_begun_ >= limits_.write_timeout) return tick_verdict::close;
  if (step_ == read_step::ended) return tick_verdict::nothing;
  if (!starving()) fed(now);                    // there is room again: its time counts, whether it sends or not
  if (held_back_) return tick_verdict::nothing; // `go_on` is asked for it
  if (!in_frame_)
    return held() == 0 && now - quiet_since_ >= limits_.idle_timeout ? tick_verdict::close : tick_verdict::nothing;
  if (frame_time(now) < limits_.read_timeout && !too_slow(now, ahead)) return tick_verdict::nothing;
  push_out();
  return tick_verdict::reading_ended;
}

duration session_protocol::frame_time(instant now) const noexcept {
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
    end_with(request_id_, status::frame_timeout, request_form_);
  } else {
    held_back_.reset();
    step_ = read_step::ended;
  }
}

standing session_protocol::standing_at(instant now, size_t ahead) const noexcept {
  const bool something = held() > 0 || held_back_;
  if (in_frame_ && !held_back_)
    return {.at = standing::kind::reading,
            .since = frame_time(now),
            .bytes = payload_arrived_ + ahead,
            .served = served_,
            .gives_bytes = step_ == read_step::payload && payload_arrived_ > 0};
  return {
    .at = something ? standing::kind::busy : standing::kind::idle, .since = now - quiet_since_, .served = served_};
}

// A last response waits for what is open, and that is held.
bool session_protocol::done() const noexcept { return step_ == read_step::ended && held() == 0; }

void session_protocol::respond(uint64_t id, status reason, uint32_t retry_after_ms, response_form form) {
  waiting_.push_back({.id = id, .result = {reason, retry_after_ms, 0, origin::none}, .form = form});
}

void session_protocol::end_with(uint64_t id, status reason, response_form form) {
  place_.give_back();
  step_ = read_step::ended;
  last_response_ = response{.id = id, .result = {reason, 0, 0, origin::none}, .form = form};
  release_last_response();
}

void session_protocol::release_last_response() {
  if (!last_response_ || !open_.empty()) return;
  waiting_.push_back(*last_response_);
  last_response_.reset();
}

void session_protocol::check_invariants() const {
  require(held() + (last_response_ ? 1 : 0) + (step_ == read_step::payload || held_back_ ? 1 : 0)
            <= limits_.requests_in_flight_max + (told_going_away_ ? 1 : 0),
          "a connection holds no more than it may");
  require(place_.held() == (step_ == read_step::payload), "a place is held while its payload is read");
  require(!last_response_ || (step_ == read_step::ended && !open_.empty()), "a last response waits for open jobs only");
}

} // namespace texlex
