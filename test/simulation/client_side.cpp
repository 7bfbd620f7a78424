// What a connection's client does, and what it makes of its responses. See connection.hpp.
#include "test/simulation/connection.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "kernels/regimes.hpp"
#include "runtime/batch_frame.hpp"
#include "runtime/invariant.hpp"
#include "test/simulation/column_memory.hpp"

namespace texlex::simulation {
namespace {

using bytes_ptr = std::shared_ptr<const std::vector<uint8_t>>;

/// `head`, and documents of so many bytes: each has its key first, where there is room, so that no two are alike.
template <class Head>
bytes_ptr payload_with(const Head& head, uint64_t key, uint32_t bytes, uint32_t documents = 1) {
  const auto made = std::make_shared<std::vector<uint8_t>>(std::size(head) + size_t{documents} * bytes, 'a');
  auto document = std::copy(std::begin(head), std::end(head), made->begin());
  for (; documents > 0; --documents, ++key, document += bytes)
    for (uint32_t i = 0; i < std::min(bytes, 8u); ++i) document[i] = static_cast<uint8_t>(key >> 8 * i & 0xFF);
  return made;
}

constexpr auto lending = static_cast<uint32_t>(hello_feature::descriptors);
constexpr uint32_t own_features = static_cast<uint32_t>(hello_feature::going_away) | lending;

bytes_ptr no_bytes() { return std::make_shared<const std::vector<uint8_t>>(); }

/// Long documents differ in their length only, and are made once.
bytes_ptr counts_payload(const wish& asks) {
  constexpr uint32_t own_bytes_max = 4096;
  const auto make = [](uint64_t key, uint32_t bytes) {
    const auto head = encode_request_head(0, bytes);
    return payload_with(std::span{head}.subspan(frame_header_bytes), key, bytes);
  };
  if (asks.bytes <= own_bytes_max) return make(asks.key, asks.bytes);
  static std::map<uint32_t, bytes_ptr> made;
  bytes_ptr& payload = made[asks.bytes];
  if (!payload) payload = make(0, asks.bytes);
  return payload;
}

bytes_ptr payload_of(const wish& asks) {
  if (asks.counts_frame) return counts_payload(asks);
  if (asks.batch == 0) return payload_with(encode_tokenize_head(asks.options, asks.bytes), asks.key, asks.bytes);
  const std::string head = encode_batch_head(asks.options, std::vector<uint32_t>(asks.batch, asks.bytes));
  return payload_with(head, asks.key, asks.bytes, asks.batch);
}

frame_type type_of(const wish& asks) {
  if (asks.counts_frame) return frame_type::request;
  return asks.batch > 0 ? frame_type::batch : frame_type::tokenize;
}

} // namespace

void connection::start() {
  reads_ = !around_.faults.strikes(fault::client_never_reads);
  if (client_.version == 2) {
    const auto said = encode_hello({.features = client_.borrows ? own_features : own_features & ~lending});
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
    return send({.header = {9999, id, 0}, .payload = no_bytes()});
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
    send({.header = {static_cast<uint32_t>(frame_type::cancel), id, 0}, .payload = no_bytes()});
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

void connection::receive(const response& one) {
  if (one.form == response_form::hello || one.form == response_form::going_away) return;
  const auto found = questions_.find(one.id);
  require(found != questions_.end(), "a response answers what was asked");
  question& asked = found->second;
  const char* const once_more = asked.answers.answered();
  require(once_more == nullptr, once_more);
  around_.note("house", name_, [&] { return fmt::format("response {} {}", one.id, name_of(one.result.status)); });
  ++by_status_[static_cast<size_t>(one.result.status)];
  const uint64_t key = asked.asks == nullptr ? 0 : asked.asks->key;
  if (are_lent(one.columns)) give_back(one.id);
  if (one.form != response_form::batch || one.documents.empty()) return check(asked, one, key);
  require(asked.asks != nullptr && one.documents.size() == asked.asks->batch, "a batch is answered whole");
  for (size_t i = 0; i < one.documents.size(); ++i) check(asked, one.documents[i], key + i);
}

void connection::give_back(uint64_t id) {
  if (around_.faults.strikes(fault::client_keeps_loans)) return;
  around_.time.after(around_.chance.us(0, 20'000), [this, id] {
    if (gone_ || says_no_more_) return;
    send({.header = {static_cast<uint32_t>(frame_type::release), id, 0}, .payload = no_bytes()});
  });
}

void connection::check(const question& asked, const response& one, uint64_t key) {
  with_columns_ += one.columns != nullptr;
  lent_ += are_lent(one.columns);
  const bool is_ok = one.result.status == status::ok;
  const bool wants_columns = asked.asks != nullptr && asked.asks->options.columns != 0;
  require((one.columns != nullptr) == (is_ok && wants_columns), "who wants columns gets some with what is ok");
  if (asked.asks == nullptr)
    return require(one.result.status == status::unknown_type, "nonsense is told that it is none that is known");
  if (one.result.status == status::frame_timeout)
    return require(around_.faults.struck(fault::client_stops_midframe), "a frame that comes is not late");
  if (one.result.status == status::frame_cut_short)
    return require(around_.faults.struck(fault::client_half_closes), "a frame is not cut short by itself");
  const std::string_view regime = asked.asks->options.regime;
  const uint32_t tokens = tokens_of(key, regime.empty() ? default_regime_name : regime);
  const char* const wrong = test::wrong_with(one.result, {.token_count = tokens}, reasons_for(asked));
  require(wrong == nullptr, wrong);
  require(!one.columns || one.columns->issues_told == tokens, "columns are the document's and the regime's");
  require(!are_lent(one.columns) || asked.asks->options.columns_by_descriptor, "who does not borrow is lent nothing");
}

test::answer_reasons connection::reasons_for(const question& asked) const {
  const fault_book& faults = around_.faults;
  const bool lost_at_work =
    faults.struck(fault::document_kills) || faults.struck(fault::worker_dies) || faults.struck(fault::worker_hangs);
  return {.cancelled = asked.cancelled,
          .has_deadline = asked.asks->options.deadline_ms > 0,
          .lanes_lost = lost_at_work || faults.struck(fault::worker_dies_unborn) || !plan_.far.empty(),
          .lost_at_work = lost_at_work,
          .shut_down = faults.struck(fault::shutdown)};
}

// Who was there to the end and took its responses has one of each request that was begun; and each that was sent was
// begun, unless the house went away or its client broke off.
void connection::check_at_end() const {
  for (const auto& [id, asked] : questions_) {
    const char* const missing = gone_ || !reads_ ? nullptr : asked.answers.ended();
    require(missing == nullptr, missing);
  }
  const bool broke_off = gone_ || !reads_ || says_no_more_;
  if (!broke_off && !around_.faults.struck(fault::shutdown)) require(sent_.empty(), "what is sent is read");
}

} // namespace texlex::simulation
