#include "test/simulation/connection.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "kernels/regimes.hpp"
#include "runtime/invariant.hpp"
#include "test/simulation/column_memory.hpp"

namespace texlex::simulation {
namespace {

constexpr uint32_t offered_features =
  static_cast<uint32_t>(hello_feature::going_away) | static_cast<uint32_t>(hello_feature::descriptors);

} // namespace

connection::connection(surroundings& around, const world_plan& plan, const client_plan& client, uint64_t number,
                       gate& way_in, job_taker& jobs)
  : around_(around), plan_(plan), client_(client), number_(number), name_(fmt::format("client{}", number)), jobs_(jobs),
    protocol_(std::in_place, plan.sessions, way_in, around.time.now()), last_arrival_(around.time.now()) {
  static const auto text = std::make_shared<const std::string>("hello");
  hellos_.version_1 = text;
  hellos_.version_2.fill(text);
}

void connection::arrived(frame one) {
  if (closed_) return;
  inbox_.push_back(std::move(one));
  pump();
}

void connection::look() {
  if (closed_) return;
  protocol_->go_on(around_.time.now());
  switch (protocol_->tick(around_.time.now())) {
    case tick_verdict::nothing:
    case tick_verdict::reading_ended: return pump();
    case tick_verdict::close: return close();
  }
}

void connection::pump() {
  while (!closed_ && step()) {
  }
  if (!closed_) write();
  if (!closed_ && protocol_->done() && !writing_) close();
}

// False: nothing can be done now.
bool connection::step() {
  switch (protocol_->reading()) {
    case read_step::header: return take_header();
    case read_step::payload:
    case read_step::hello:
    case read_step::skip: return take_payload();
    case read_step::pause:
      if (protocol_->starving()) protocol_->starved(around_.time.now());
      return false;
    case read_step::ended: return false;
  }
  return false;
}

bool connection::take_header() {
  const instant now = around_.time.now();
  if (inbox_.empty()) {
    if (half_closed_ && !std::exchange(end_told_, true)) protocol_->end_of_stream(now);
    return false;
  }
  current_ = std::move(inbox_.front());
  inbox_.pop_front();
  taken_ = 0;
  protocol_->frame_begun(now);
  if (const auto on_its_way = sent_.find(current_->header.id);
      on_its_way != sent_.end() && current_->header.type != static_cast<uint32_t>(frame_type::cancel)
      && current_->header.type != static_cast<uint32_t>(frame_type::hello)) {
    questions_.emplace(*on_its_way);
    sent_.erase(on_its_way);
    ++asked_;
  }
  const header_verdict verdict = protocol_->header_read(current_->header, now, {.more_behind = !inbox_.empty()});
  if (verdict.kind == header_kind::cancel) {
    if (const auto asked = questions_.find(current_->header.id); asked != questions_.end())
      asked->second.cancelled = true;
    for (uint64_t i = 0; i < verdict.jobs; ++i) jobs_.cancel({verdict.to_cancel.value + i});
  }
  if (verdict.kind == header_kind::release)
    std::erase_if(loans_, [&](const auto& each) { return each.first == verdict.id; });
  return true;
}

bool connection::take_payload() {
  require(current_.has_value(), "a payload has a header before it");
  const instant now = around_.time.now();
  const size_t missing = protocol_->payload_bytes() - taken_;
  const size_t room = protocol_->reading() == read_step::payload ? protocol_->payload_room() : missing;
  const size_t bytes = std::min({missing, room, current_->there - taken_});
  if (bytes == 0 && missing > 0) {
    if (current_->there == taken_ && half_closed_ && !std::exchange(end_told_, true)) {
      protocol_->end_of_stream(now);
      return true;
    }
    return false;
  }
  const read_step step = protocol_->reading();
  taken_ += bytes;
  if (bytes > 0) protocol_->payload_arrived(bytes, now);
  if (taken_ < protocol_->payload_bytes()) return true;
  if (step == read_step::hello)
    protocol_->hello_read(*current_->payload, hellos_, offered_features, now);
  else if (step == read_step::skip)
    protocol_->payload_skipped(now);
  else
    payload_complete();
  return true;
}

void connection::payload_complete() {
  const instant now = around_.time.now();
  const wish& asks = *current_->asks;
  const uint32_t count = std::max(1u, asks.batch);
  const job_id first = jobs_.next_jobs(count);
  kept_.push_back(current_->payload);
  auto accepted = protocol_->payload_read(*current_->payload, first, now);
  if (!accepted) return;
  require(accepted->place.held(), "what is carried out has a place");
  const tokenize_options* const options = accepted->options ? &*accepted->options : nullptr;
  const bool kills = around_.faults.strikes(fault::document_kills) && asks.bytes <= 4096;
  if (!accepted->batch) {
    const auto document = std::span{*current_->payload}.subspan(accepted->document.offset, accepted->document.bytes);
    return submit(first, document, {asks.key, asks.bytes, kills, asks.options.columns_by_descriptor}, options,
                  std::move(accepted->place));
  }
  uint64_t next = 0;
  accepted->batch->for_each_document([&](std::span<const uint8_t> document) {
    submit({first.value + next}, document, {asks.key + next, asks.bytes, kills && next == 0}, options,
           next == 0 ? std::move(accepted->place) : admission::place{});
    ++next;
  });
}

void connection::submit(job_id id, std::span<const uint8_t> document, const known_document& known,
                        const tokenize_options* options, admission::place place) {
  const auto made = std::make_shared<job>();
  made->id = id;
  made->document = document;
  made->regime = find_regime(default_regime_name);
  made->received = around_.time.now();
  made->client = number_;
  if (options != nullptr) {
    made->priority = options->priority;
    if (options->deadline_ms > 0) made->deadline = made->received + std::chrono::milliseconds{options->deadline_ms};
    if (!options->regime.empty()) made->regime = find_regime(options->regime);
    if (options->columns != 0) {
      made->order = order_for(options->columns);
      protocol_->expect_columns(id, column_bytes_of(known.bytes));
    }
  }
  around_.documents[id.value] = known;
  jobs_.submit(made, std::move(place), *this);
}

void connection::answered(job_id job, const outcome& result, const column_answer_ptr& columns) {
  if (closed_) return;
  const bool known = protocol_->answered(job, result, around_.time.now(), columns);
  require(known || abandoned_, "a connection knows the job that it is told of");
  protocol_->go_on(around_.time.now());
  pump();
}

void connection::write() {
  if (writing_) return;
  const auto batch = protocol_->begin_write(around_.time.now());
  if (batch.empty()) return;
  writing_ = true;
  if (!reads_) return; // its socket is full: for ever
  std::vector<response> all;
  for (const response& each : batch) {
    all.push_back(
      {.id = each.id, .result = each.result, .form = each.form, .columns = each.columns, .documents = each.documents});
    if (are_lent(each.columns)) loans_.emplace_back(each.id, each.columns);
  }
  around_.time.after(around_.chance.us(5, 300), [this, all = std::move(all)] {
    if (closed_) return;
    writing_ = false;
    for (const response& each : all) receive(each);
    protocol_->written(around_.time.now());
    protocol_->go_on(around_.time.now());
    pump();
  });
}

void connection::give_up_payload() {
  protocol_->payload_refused(around_.time.now());
  pump();
}

void connection::drain() {
  if (closed_) return;
  protocol_->drain();
  pump();
}

void connection::abandon() {
  if (closed_) return;
  for (const auto& open : protocol_->open_jobs())
    for (uint32_t i = 0; i < open.jobs(); ++i) jobs_.forget({open.job.value + i});
  protocol_->abandon();
  abandoned_ = true;
  pump();
}

void connection::close() {
  if (std::exchange(closed_, true)) return;
  around_.note("house", name_, [] { return "closes"; });
  std::vector<job_id> open;
  for (const auto& each : protocol_->open_jobs())
    for (uint32_t i = 0; i < each.jobs(); ++i) open.push_back({each.job.value + i});
  protocol_.reset();
  loans_.clear();
  for (const job_id each : open) {
    jobs_.forget(each);
    jobs_.cancel(each);
  }
}

} // namespace texlex::simulation
