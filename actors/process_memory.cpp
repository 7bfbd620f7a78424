#include "actors/process_memory.hpp"

#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr duration kept_warm = 1s; // how long memory that came back waits to be written again

attempt_end ended_with(status how) noexcept { return {{.status = how}}; }

} // namespace

std::variant<attempt_packets, status> process_memory::begin(const job& job, instant now) noexcept try {
  const shared_memory* const memory = job.memory ? job.memory->shared() : nullptr;
  if (memory == nullptr) return status::internal_error;
  attempt_packets packets{.attempt = {.memory_bytes = memory->bytes(),
                                      .document_offset = static_cast<uint64_t>(job.document.data() - memory->data()),
                                      .document_bytes = job.document.size(),
                                      .regime = packet_name{job.regime->name}}};
  attempt_frame& attempt = packets.attempt;
  if (job.order) {
    attempt.columns = job.order->columns;
    attempt.view = static_cast<uint32_t>(job.order->view);
    attempt.unit = static_cast<uint32_t>(job.order->unit);
    attempt.issues_told_max = job.order->issues_told_max;
  }
  if (attempt.columns != 0) {
    room_ = make_room(*job.order, job.document.size());
    last_lent_ = now;
  }
  const mapping_verdict document = mapped_.use(memory->number(), memory->bytes());
  attempt.slot = document.slot;
  attempt.fresh = document.fresh;
  attempt.forget = document.forget;
  if (document.fresh) packets.document_fd = memory->fd();
  if (room_) map_room(packets);
  attempt.forget_after |= mapped_.drop_excess();
  return packets;
} catch (const std::bad_alloc&) {
  return status::overload;
}

// What the document's memory takes the place of is forgotten by whichever packet comes first, as the memory for columns
// may come to lie there.
void process_memory::map_room(attempt_packets& packets) noexcept {
  const common_memory& memory = *room_->written->common();
  const mapping_verdict columns = mapped_.use(memory.number(), memory.bytes(), packets.attempt.slot);
  packets.attempt.column_slot = room_->slot = columns.slot;
  if (columns.fresh) {
    packets.columns = columns_frame{.slot = columns.slot,
                                    .forget = columns.forget | std::exchange(packets.attempt.forget, 0),
                                    .memory_bytes = memory.bytes()};
    packets.columns_fd = memory.fd();
  }
  if (room_->once) packets.attempt.forget_after = mapped_.forget(columns.slot);
}

// What is copied counts from now on too, as much as it may take. The memory it is copied out of is the worker's own, as
// its arenas are.
process_memory::room process_memory::make_room(const column_order& order, uint64_t document_bytes) {
  const uint64_t bytes = column_memory_bytes(order, document_bytes);
  const bool is_small = bytes <= limits::copied_column_bytes_max;
  if (!is_small)
    if (auto lent = lend(order, bytes)) return {.written = std::move(lent), .copied = nullptr};
  document_pool own = *order.memory;
  room made{.written = nullptr, .copied = own.take(bytes), .once = !is_small};
  if (is_small && !desk_)
    desk_ = std::make_shared<document_buffer>(limits::copied_column_bytes_max, document_memory::common);
  made.written = is_small ? desk_ : std::make_shared<document_buffer>(bytes, document_memory::common);
  return made;
}

document_lease process_memory::lend(const column_order& order, uint64_t bytes) {
  if (!order.process_quotas) return nullptr;
  if (!lender_) lender_.emplace(*order.process_quotas, UINT64_MAX, UINT64_MAX, document_memory::common);
  return lender_->take(bytes);
}

std::optional<attempt_end> process_memory::end(const job& job, const result_frame& result) noexcept try {
  const auto from = std::exchange(room_, std::nullopt);
  const auto how = static_cast<status>(result.status);
  // It may be that it could not map the memory for columns: so it is passed anew the next time.
  if (how == status::overload && from) (void)mapped_.forget(from->slot);
  if (how != status::ok) return ended_with(how);
  const column_counts counts{result.token_count, result.issue_count, result.name_bytes};
  if (!are_possible(counts, job.order ? job.order->columns : 0, job.document.size())) return std::nullopt;
  return attempt_end{{.status = how, .token_count = result.token_count, .issue_count = result.issue_count},
                     from ? answer(*from, job, counts) : nullptr};
} catch (const std::bad_alloc&) {
  return ended_with(status::overload);
}

// Nothing that the process has written is looked at: what lies where is told by its counts alone.
column_answer_ptr process_memory::answer(const room& from, const job& job, const column_counts& counts) {
  auto written = columns_in(from.written, *job.order, job.document.size(), counts);
  if (!from.copied) return written;
  for (const column_bytes& each : written->columns) {
    const auto offset = each.bytes.data() - from.written->data();
    if (!each.bytes.empty()) std::memcpy(from.copied->data() + offset, each.bytes.data(), each.bytes.size());
  }
  return columns_in(from.copied, *job.order, job.document.size(), counts);
}

void process_memory::cool_down(instant now) noexcept {
  if (lender_ && now - last_lent_ > kept_warm) lender_->forget_kept();
}

} // namespace texlex
