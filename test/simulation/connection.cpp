#include "test/simulation/connection.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "kernels/regimes.hpp"
#include "runtime/invariant.hpp"
#include "test/support/frames.hpp"

namespace texlex::simulation {
namespace {

using bytes_ptr = std::shared_ptr<const std::vector<uint8_t>>;

/// The document: its key first, where there is room, so that no two are alike.
std::string document_of(uint64_t key, uint32_t bytes) {
  std::string text(bytes, 'a');
  for (size_t i = 0; i < std::min<size_t>(bytes, 8); ++i) text[i] = static_cast<char>(key >> 8 * i & 0xFF);
  return text;
}

/// Long documents differ in their length only, and are made once.
bytes_ptr counts_payload(const wish& asks) {
  constexpr uint32_t own_bytes_max = 4096;
  const auto make = [](uint64_t key, uint32_t bytes) {
    const std::vector<uint8_t> whole = test::request_frame(0, document_of(key, bytes));
    return std::make_shared<const std::vector<uint8_t>>(whole.begin() + frame_header_bytes, whole.end());
  };
  if (asks.bytes <= own_bytes_max) return make(asks.key, asks.bytes);
  static std::map<uint32_t, bytes_ptr> made;
  bytes_ptr& payload = made[asks.bytes];
  if (!payload) payload = make(0, asks.bytes);
  return payload;
}

bytes_ptr payload_of(const wish& asks) {
  if (asks.counts_frame) return counts_payload(asks);
  std::string text;
  if (asks.batch > 0) {
    std::vector<std::string> documents;
    for (uint32_t i = 0; i < asks.batch; ++i) documents.push_back(document_of(asks.key + i, asks.bytes));
    text = test::batch_payload(documents, asks.options);
  } else {
    text = encode_tokenize_head(asks.options, asks.bytes) + document_of(asks.key, asks.bytes);
  }
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data()); // copied as a whole, not one by one
  return std::make_shared<const std::vector<uint8_t>>(bytes, bytes + text.size());
}

frame_type type_of(const wish& asks) {
  if (asks.counts_frame) return frame_type::request;
  return asks.batch > 0 ? frame_type::batch : frame_type::tokenize;
}

} // namespace

connection::connection(surroundings& around, const world_plan& plan, const client_plan& client, uint64_t number,
                       gate& way_in, job_taker& jobs)
  : around_(around), plan_(plan), client_(client), number_(number), name_(fmt::format("client{}", number)), jobs_(jobs),
    protocol_(plan.sessions, way_in, around.time.now()), last_arrival_(around.time.now()) {
  static const auto text = std::make_shared<const std::string>("hello");
  hellos_ = {{text, text, text, text}, text};
}

void connection::start() {
  reads_ = !around_.faults.strikes(fault::client_never_reads);
  if (client_.version == 2) {
    const auto said = encode_hello({.features = static_cast<uint32_t>(hello_feature::going_away)});
    const auto payload = std::make_shared<const std::vector<uint8_t>>(said.begin(), said.end());
    send({.header = {static_cast<uint32_t>(frame_type::hello), 0, static_cast<uint32_t>(payload->size())},
          .payload = payload,
          .there = payload->size()});
  }
  if (!client_.wishes.empty()) around_.time.after(client_.wishes.front().after, [this] { send_next(); });
}

void connection::send_next() {
  if (gone_ || says_no_more_) return;
  send_wish(client_.wishes[next_wish_]);
  if (++next_wish_ < client_.wishes.size())
    around_.time.after(client_.wishes[next_wish_].after, [this] { send_next(); });
  if (around_.faults.strikes(fault::client_vanishes))
    return around_.time.after(around_.chance.us(0, 20'000), [this] { vanish(); });
  if (!around_.faults.strikes(fault::client_half_closes)) return;
  says_no_more_ = true;
  around_.time.at(last_arrival_ + std::chrono::microseconds{1}, [this] {
    half_closed_ = true;
    pump();
  });
}

void connection::send_wish(const wish& one) {
  const uint64_t id = next_wish_ + 1;
  if (around_.faults.strikes(fault::client_sends_nonsense)) {
    says_no_more_ = true;
    sent_[id] = {};
    return send({.header = {9999, id, 0}, .payload = std::make_shared<const std::vector<uint8_t>>()});
  }
  const bytes_ptr payload = payload_of(one);
  frame made{.header = {static_cast<uint32_t>(type_of(one)), id, static_cast<uint32_t>(payload->size())},
             .payload = payload,
             .there = payload->size(),
             .asks = &one};
  if (around_.faults.strikes(fault::client_stops_midframe)) {
    says_no_more_ = true;
    made.there = around_.chance.between(0, payload->size() - 1);
  }
  sent_[id] = {.asks = &one};
  send(std::move(made));
  if (!around_.faults.strikes(fault::client_cancels)) return;
  around_.time.after(around_.chance.us(0, 10'000), [this, id] {
    if (gone_ || says_no_more_) return;
    send({.header = {static_cast<uint32_t>(frame_type::cancel), id, 0},
          .payload = std::make_shared<const std::vector<uint8_t>>()});
  });
}

void connection::send(frame one) {
  around_.note(name_, "house", [&] { return fmt::format("frame type {} id {}", one.header.type, one.header.id); });
  last_arrival_ = std::max(last_arrival_, around_.time.now() + around_.chance.us(5, 200));
  around_.time.at(last_arrival_, [this, one = std::move(one)] { arrived(one); });
}

void connection::vanish() {
  around_.note(name_, name_, [] { return "vanishes"; });
  gone_ = true;
  close();
}

void connection::arrived(frame one) {
  if (closed_) return;
  inbox_.push_back(std::move(one));
  pump();
}

void connection::look() {
  if (closed_) return;
  protocol_.go_on(around_.time.now());
  switch (protocol_.tick(around_.time.now())) {
    case tick_verdict::nothing:
    case tick_verdict::reading_ended: return pump();
    case tick_verdict::close: return close();
  }
}

void connection::pump() {
  while (!closed_ && step()) {
  }
  if (!closed_) write();
  if (!closed_ && protocol_.done() && !writing_) close();
}

// False: nothing can be done now.
bool connection::step() {
  switch (protocol_.reading()) {
    case read_step::header: return take_header();
    case read_step::payload:
    case read_step::hello:
    case read_step::skip: return take_payload();
    case read_step::pause:
      if (protocol_.starving()) protocol_.starved(around_.time.now());
      return false;
    case read_step::ended: return false;
  }
  return false;
}

bool connection::take_header() {
  const instant now = around_.time.now();
  if (inbox_.empty()) {
    if (half_closed_ && !std::exchange(end_told_, true)) protocol_.end_of_stream(now);
    return false;
  }
  current_ = std::move(inbox_.front());
  inbox_.pop_front();
  taken_ = 0;
  protocol_.frame_begun(now);
  if (const auto on_its_way = sent_.find(current_->header.id);
      on_its_way != sent_.end() && current_->header.type != static_cast<uint32_t>(frame_type::cancel)
      && current_->header.type != static_cast<uint32_t>(frame_type::hello)) {
    questions_.emplace(*on_its_way);
    sent_.erase(on_its_way);
    ++asked_;
  }
  const header_verdict verdict = protocol_.header_read(current_->header, now, {.more_behind = !inbox_.empty()});
  if (verdict.kind == header_kind::cancel) {
    if (const auto asked = questions_.find(current_->header.id); asked != questions_.end())
      asked->second.cancelled = true;
    for (uint64_t i = 0; i < verdict.jobs; ++i) jobs_.cancel({verdict.to_cancel.value + i});
  }
  return true;
}

bool connection::take_payload() {
  require(current_.has_value(), "a payload has a header before it");
  const instant now = around_.time.now();
  const size_t missing = protocol_.payload_bytes() - taken_;
  const size_t room = protocol_.reading() == read_step::payload ? protocol_.payload_room() : missing;
  const size_t bytes = std::min({missing, room, current_->there - taken_});
  if (bytes == 0 && missing > 0) {
    if (current_->there == taken_ && half_closed_ && !std::exchange(end_told_, true)) {
      protocol_.end_of_stream(now);
      return true;
    }
    return false;
  }
  const read_step step = protocol_.reading();
  taken_ += bytes;
  if (bytes > 0) protocol_.payload_arrived(bytes, now);
  if (taken_ < protocol_.payload_bytes()) return true;
  if (step == read_step::hello)
    protocol_.hello_read(*current_->payload, hellos_, static_cast<uint32_t>(hello_feature::going_away), now);
  else if (step == read_step::skip)
    protocol_.payload_skipped(now);
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
  auto accepted = protocol_.payload_read(*current_->payload, first, now);
  if (!accepted) return;
  require(accepted->place.held(), "what is carried out has a place");
  const tokenize_options* const options = accepted->options ? &*accepted->options : nullptr;
  const bool kills = around_.faults.strikes(fault::document_kills) && asks.bytes <= 4096;
  if (!accepted->batch) {
    const auto document = std::span{*current_->payload}.subspan(accepted->document.offset, accepted->document.bytes);
    return submit(first, document, {asks.key, asks.bytes, kills}, options, std::move(accepted->place));
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
  }
  around_.documents[id.value] = known;
  jobs_.submit(made, std::move(place), *this);
}

void connection::answered(job_id job, const outcome& result) {
  if (closed_) return;
  const bool known = protocol_.answered(job, result, around_.time.now());
  require(known || abandoned_, "a connection knows the job that it is told of");
  protocol_.go_on(around_.time.now());
  pump();
}

void connection::write() {
  if (writing_) return;
  const auto batch = protocol_.begin_write(around_.time.now());
  if (batch.empty()) return;
  writing_ = true;
  if (!reads_) return; // its socket is full: for ever
  std::vector<response> all;
  for (const response& each : batch)
    all.push_back({.id = each.id, .result = each.result, .form = each.form, .documents = each.documents});
  around_.time.after(around_.chance.us(5, 300), [this, all = std::move(all)] {
    if (closed_) return;
    writing_ = false;
    for (const response& each : all) receive(each);
    protocol_.written(around_.time.now());
    protocol_.go_on(around_.time.now());
    pump();
  });
}

void connection::receive(const response& one) {
  if (one.form == response_form::hello || one.form == response_form::going_away) return;
  const auto found = questions_.find(one.id);
  require(found != questions_.end(), "a response answers what was asked");
  question& asked = found->second;
  ++asked.answers;
  around_.note("house", name_, [&] { return fmt::format("response {} {}", one.id, name_of(one.result.status)); });
  ++by_status_[static_cast<size_t>(one.result.status)];
  const uint64_t key = asked.asks == nullptr ? 0 : asked.asks->key;
  if (one.form != response_form::batch || one.documents.empty()) return check(asked, one.result, key);
  require(asked.asks != nullptr && one.documents.size() == asked.asks->batch, "a batch is answered whole");
  for (size_t i = 0; i < one.documents.size(); ++i) check(asked, one.documents[i].result, key + i);
}

// Each status needs its reason.
void connection::check(const question& asked, const outcome& result, uint64_t key) const {
  const fault_book& faults = around_.faults;
  const bool deaths = faults.struck(fault::worker_dies) || faults.struck(fault::document_kills)
                      || faults.struck(fault::worker_hangs) || faults.struck(fault::worker_dies_unborn)
                      || !plan_.far.empty();
  switch (result.status) {
    case status::ok: return require(result.token_count == tokens_of(key), "the outcome is the document's");
    case status::overload: return;
    case status::cancelled: return require(asked.cancelled, "only what its client cancels is cancelled");
    case status::worker_lost: return require(deaths, "a worker is lost only if one is");
    case status::no_worker: return require(deaths, "workers are absent only if they died");
    case status::condemned_document:
      return require(faults.struck(fault::document_kills) || faults.struck(fault::worker_dies)
                       || faults.struck(fault::worker_hangs),
                     "a document is condemned for what it did");
    case status::shutting_down: return require(faults.struck(fault::shutdown), "nobody drains without being told");
    case status::deadline_exceeded:
      return require(asked.asks != nullptr && asked.asks->options.deadline_ms > 0, "who set no deadline misses none");
    case status::unknown_type: return require(asked.asks == nullptr, "a known type is known");
    case status::frame_timeout:
      return require(faults.struck(fault::client_stops_midframe), "a frame that comes is not late");
    case status::frame_cut_short:
      return require(faults.struck(fault::client_half_closes), "a frame is not cut short by itself");
    default: require(false, "a response has a status that fits");
  }
}

void connection::give_up_payload() {
  protocol_.payload_refused(around_.time.now());
  pump();
}

void connection::drain() {
  if (closed_) return;
  protocol_.drain();
  pump();
}

void connection::abandon() {
  if (closed_) return;
  for (const auto& open : protocol_.open_jobs())
    for (uint32_t i = 0; i < open.jobs(); ++i) jobs_.forget({open.job.value + i});
  protocol_.abandon();
  abandoned_ = true;
  pump();
}

void connection::close() {
  if (std::exchange(closed_, true)) return;
  around_.note("house", name_, [] { return "closes"; });
  std::vector<job_id> open;
  for (const auto& each : protocol_.open_jobs())
    for (uint32_t i = 0; i < each.jobs(); ++i) open.push_back({each.job.value + i});
  protocol_.end();
  for (const job_id each : open) {
    jobs_.forget(each);
    jobs_.cancel(each);
  }
}

// Who was there to the end and took its responses has one of each request that was begun.
void connection::check_at_end() const {
  for (const auto& [id, asked] : questions_) {
    require(asked.answers <= 1, "a request is answered once");
    if (!gone_ && reads_) require(asked.answers == 1, "a request is answered");
  }
}

} // namespace texlex::simulation
