#include "actors/state/mapping_slots.hpp"

#include <algorithm>

#include "runtime/invariant.hpp"

namespace texlex {

mapping_verdict mapping_slots::use(uint64_t number, uint64_t bytes, std::optional<uint32_t> beside) {
  ++uses_;
  for (uint32_t i = 0; i < slot_count; ++i) {
    if (slots_[i].number != number) continue;
    slots_[i].last_use = uses_;
    return {.slot = i};
  }
  const uint32_t stays = beside.value_or(slot_count);
  mapping_verdict verdict{.fresh = true};
  for (uint32_t next = oldest(stays); next != slot_count && mapped_bytes_ + bytes > bytes_max_; next = oldest(stays))
    verdict.forget |= forget(next);
  verdict.slot = free_or_oldest(stays);
  if (slots_[verdict.slot].number != 0) verdict.forget |= forget(verdict.slot);
  slots_[verdict.slot] = {number, bytes, uses_};
  mapped_bytes_ += bytes;
  return verdict;
}

uint64_t mapping_slots::drop_excess() noexcept {
  uint64_t dropped = 0;
  while (mapped_bytes_ > bytes_max_) dropped |= forget(largest());
  return dropped;
}

uint32_t mapping_slots::free_or_oldest(uint32_t beside) const noexcept {
  for (uint32_t i = 0; i < slot_count; ++i)
    if (slots_[i].number == 0) return i;
  return oldest(beside);
}

uint32_t mapping_slots::oldest(uint32_t beside) const noexcept {
  uint32_t found = slot_count;
  for (uint32_t i = 0; i < slot_count; ++i)
    if (i != beside && slots_[i].number != 0 && (found == slot_count || slots_[i].last_use < slots_[found].last_use))
      found = i;
  return found;
}

uint32_t mapping_slots::largest() const noexcept {
  uint32_t found = 0;
  for (uint32_t i = 1; i < slot_count; ++i)
    if (slots_[i].bytes > slots_[found].bytes) found = i;
  return found;
}

uint64_t mapping_slots::forget(uint32_t index) noexcept {
  mapped_bytes_ -= slots_[index].bytes;
  slots_[index] = {};
  return uint64_t{1} << index;
}

void mapping_slots::check_invariants() const {
  uint64_t bytes = 0;
  uint32_t mapped = 0;
  for (const slot& each : slots_) {
    bytes += each.bytes;
    mapped += each.number != 0;
    require(each.last_use <= uses_, "nothing was used later than now");
  }
  require(bytes == mapped_bytes_, "mapped bytes are counted");
  require(bytes <= bytes_max_ || mapped <= 2, "mapped bytes are bounded"); // a document, and what is for its columns
}

} // namespace texlex
