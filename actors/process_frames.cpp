#include "actors/process_frames.hpp"

#include "actors/state/mapping_slots.hpp"
#include "runtime/document.hpp"
#include "runtime/limits.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex {
namespace {

constexpr bool is_flag(uint32_t value) noexcept { return value <= 1; }

} // namespace

bool start_frame::valid() const noexcept {
  return is_flag(lock_memory) && is_flag(stall_after) && is_flag(stall_deaf) && kernel.valid() && regime.valid()
         && document_bytes_max <= limits::scan_bytes_max;
}

bool ready_frame::valid() const noexcept { return is_flag(locked) && unpinned.valid(); }

bool columns_frame::valid() const noexcept { return slot < mapping_slots::slot_count && memory_bytes > 0; }

bool attempt_frame::valid() const noexcept {
  return slot < mapping_slots::slot_count && is_flag(fresh) && is_flag(crash) && regime.valid()
         && (columns & ~all_columns) == 0 && column_slot < mapping_slots::slot_count
         && (columns == 0 || column_slot != slot) && view <= static_cast<uint32_t>(token_view::source)
         && unit <= static_cast<uint32_t>(position_unit::utf16_units)
         && document_offset >= sizeof(shared_document_header) && document_offset <= memory_bytes
         && document_bytes <= memory_bytes - document_offset;
}

bool result_frame::valid() const noexcept { return status < status_count; }

} // namespace texlex
