#include "actors/gateway/incoming_columns.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "kernels/column_answer.hpp"

namespace texlex {

incoming_columns::verdict incoming_columns::begin(const column_order& order, uint64_t document_bytes,
                                                  const column_counts& counts) try {
  answer_.reset();
  bytes_ = came_ = 0;
  if (!are_possible(counts, order.columns, document_bytes)) return verdict::impossible;
  auto memory = take_column_memory(order, document_bytes);
  if (!memory) throw std::bad_alloc{};
  answer_ = columns_in(std::move(*memory), order, document_bytes, counts);
  bytes_ = bytes_of(*answer_);
  return verdict::ready;
} catch (const std::bad_alloc&) {
  short_of_memory_ = true;
  return verdict::no_memory;
}

// They come in order, so that each byte comes once if as many have come as there are.
bool incoming_columns::put(uint64_t offset, std::string_view bytes) noexcept {
  if (short_of_memory_) return true;
  if (!answer_ || offset != came_ || bytes.size() > bytes_ - came_) return false;
  came_ += bytes.size();
  while (!bytes.empty()) {
    const std::string_view place = piece_of(*answer_, offset, bytes.size());
    const auto at = place.data() - reinterpret_cast<const char*>(answer_->memory->data());
    std::memcpy(answer_->memory->data() + at, bytes.data(), place.size());
    bytes.remove_prefix(place.size());
    offset += place.size();
  }
  return true;
}

column_answer_ptr incoming_columns::finish() noexcept {
  return came_ == bytes_ ? std::move(answer_) : column_answer_ptr{};
}

uint64_t bytes_of(const column_answer& answer) noexcept {
  uint64_t bytes = 0;
  for (const column_bytes& each : answer.columns) bytes += each.bytes.size();
  return bytes;
}

std::string_view piece_of(const column_answer& answer, uint64_t offset, uint64_t bytes_max) noexcept {
  for (const column_bytes& each : answer.columns) {
    if (offset < each.bytes.size()) {
      const auto piece = each.bytes.subspan(offset, std::min<uint64_t>(each.bytes.size() - offset, bytes_max));
      return {reinterpret_cast<const char*>(piece.data()), piece.size()};
    }
    offset -= each.bytes.size();
  }
  return {};
}

} // namespace texlex
