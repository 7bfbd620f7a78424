// What a connection makes of frames that are there whole: jobs, each with what its client wants of it. See session.hpp.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "actors/server/session.hpp"
#include "runtime/limits.hpp"

namespace texlex {

void session::payload_complete() {
  const std::span<const uint8_t> payload{payload_->data(), protocol_.payload_bytes()};
  const bool batch = protocol_.in_batch();
  const auto jobs = batch ? std::max<uint32_t>(1, static_cast<uint32_t>(batch_documents_announced(payload))) : 1;
  const job_id first = core_.next_jobs(jobs);
  try {
    auto memory = std::exchange(payload_, nullptr);
    batch ? submit_batch(first, jobs, std::move(memory)) : submit(first, std::move(memory));
  } catch (const std::bad_alloc&) {
    core_.forget(first, jobs);
    if (!protocol_.in_document()) throw;
    protocol_.payload_refused(core_.loop.time());
    protocol_.payload_skipped(core_.loop.time());
  }
}

// All memory is asked for before anything is said: else the request is refused as one that found no place.
void session::submit(job_id id, document_lease memory) {
  const instant at = core_.loop.time();
  const std::span<const uint8_t> payload{memory->data(), protocol_.payload_bytes()};
  const auto made = std::make_shared<job>(); // its attempts, on several threads, decide when it goes
  core_.expect(*this, id, 1);
  auto accepted = protocol_.payload_read(payload, id, at);
  if (!accepted) return core_.forget(id, 1);
  if (accepted->document.deprecated) core_.counters.deprecated_payloads.add();
  const document_extent document = accepted->document;
  const bool is_passed = accepted->options && accepted->options->document_by_descriptor;
  begin(*made, id, is_passed ? std::span<const uint8_t>{} : payload.subspan(document.offset, document.bytes), at);
  auto reason = is_passed ? map_document(*made, document.bytes) : std::nullopt;
  if (accepted->options && !reason) {
    const auto wanted = understand(*accepted->options, document.bytes);
    const auto* const refused = std::get_if<status>(&wanted);
    reason = refused ? std::optional{*refused} : heed(std::get<wish>(wanted), *made);
  }
  if (reason) {
    accepted->place.give_back();
    return refuse(id, *reason, at);
  }
  if (auto* const header = memory->shared_header()) made->stop.share(*header);
  made->memory = std::move(memory);
  core_.submit(made, std::move(accepted->place), {});
}

// Each document is a job of its own, which is hedged, refused or lost alone. Their memory is one, and is counted until
// the last of them has its outcome.
void session::submit_batch(job_id first, uint32_t jobs, document_lease memory) {
  const instant at = core_.loop.time();
  const std::span<const uint8_t> payload{memory->data(), protocol_.payload_bytes()};
  std::vector<std::shared_ptr<job>> made(jobs);
  for (auto& each : made) each = std::make_shared<job>();
  const auto place_of_all = std::make_shared<admission::place>();
  core_.expect(*this, first, jobs);
  auto accepted = protocol_.payload_read(payload, first, at);
  if (!accepted) return core_.forget(first, jobs);
  *place_of_all = std::move(accepted->place);
  core_.counters.requests.add(jobs - 1);
  share_.charge(core_.turn, turn_budget::frame_cost * (jobs - 1));

  const auto wanted = understand(*accepted->options, 0);
  uint64_t bytes_left = UINT32_MAX - batch_response_head_bytes(jobs); // of the response
  job_id next = first;
  accepted->batch->for_each_document([&](std::span<const uint8_t> document) {
    const job_id id = std::exchange(next, job_id{next.value + 1});
    auto& one = made[static_cast<size_t>(id.value - first.value)];
    begin(*one, id, document, at);
    auto place = id == first ? admission::place{} : admit_one_more();
    if (id != first && !place.held()) return refuse(id, status::overload, at);
    const auto* const refused = std::get_if<status>(&wanted);
    auto reason = refused ? std::optional{*refused} : heed(std::get<wish>(wanted), *one, &bytes_left);
    if (!reason) reason = give_memory(*one, memory);
    if (reason) return refuse(id, *reason, at);
    core_.submit(std::move(one), std::move(place), place_of_all);
  });
}

admission::place session::admit_one_more() noexcept {
  auto place = core_.admission.admit(0);
  return place ? std::move(*place) : admission::place{};
}

// Worker processes learn that a job has its outcome by the memory of its document: there each has its own.
std::optional<status> session::give_memory(job& one, const document_lease& shared) noexcept {
  if (!shared->shared_header()) return one.memory = shared, std::nullopt;
  try {
    one.memory = core_.documents.take(one.document.size());
  } catch (const std::bad_alloc&) {
    return status::overload;
  }
  std::copy(one.document.begin(), one.document.end(), one.memory->data());
  one.document = {one.memory->data(), one.document.size()};
  one.stop.share(*one.memory->shared_header());
  return std::nullopt;
}

void session::begin(job& one, job_id id, std::span<const uint8_t> document, instant at) const noexcept {
  one.id = id;
  one.document = document;
  one.regime = core_.regime;
  one.received = std::min(arrived_, at);
  one.client = number_;
  if (core_.request_timeout > duration::zero()) one.deadline = one.received + core_.request_timeout;
}

void session::refuse(job_id id, status reason, instant at) {
  core_.forget(id, 1);
  (void)protocol_.answered(id, {.status = reason}, at);
}

// What this server cannot do was not in its hello.
std::variant<session::wish, status> session::understand(const tokenize_options& options,
                                                        size_t document_bytes) noexcept {
  wish wanted{.regime = core_.regime,
              .deadline = std::chrono::milliseconds{options.deadline_ms},
              .priority = options.priority,
              .trace = options.trace,
              .order = {}};
  if (!options.regime.empty()) {
    wanted.regime = core_.offered.find(options.regime);
    if (wanted.regime == nullptr) return status::unknown_regime;
  }
  if (options.columns == 0 && options.view == token_view::tex) return wanted;
  try {
    column_order order{.columns = options.columns,
                       .view = options.view,
                       .unit = options.unit,
                       .issues_told_max = options.issues_told_max,
                       .memory = options.columns == 0 ? std::nullopt : std::optional{core_.column_memory},
                       .process_quotas = core_.process_quotas};
    if (options.columns_by_descriptor && order.memory)
      order.lender = lender_for(column_memory_bytes(order, document_bytes));
    wanted.order = std::make_shared<const column_order>(std::move(order));
  } catch (const std::bad_alloc&) {
    return status::overload;
  }
  return wanted;
}

std::optional<status> session::heed(const wish& wanted, job& one, uint64_t* bytes_left) noexcept {
  one.regime = wanted.regime;
  if (wanted.deadline > duration::zero()) one.deadline = std::min(one.deadline, one.received + wanted.deadline);
  one.priority = wanted.priority;
  one.trace = wanted.trace;
  one.order = wanted.order;
  const bool has_columns = one.order && one.order->memory;
  const uint64_t columns = has_columns ? column_memory_bytes(*one.order, one.document.size()) : 0;
  const uint64_t bytes = columns + tokenized_overhead_bytes_max;
  const uint64_t bytes_max = std::min<uint64_t>(bytes_left != nullptr ? *bytes_left : UINT32_MAX,
                                                has_columns ? core_.column_bytes->max() : UINT64_MAX);
  if (bytes > bytes_max) return status::document_too_large;
  if (bytes_left != nullptr) *bytes_left -= bytes;
  if (has_columns) protocol_.expect_columns(one.id, columns);
  return std::nullopt;
}

} // namespace texlex
