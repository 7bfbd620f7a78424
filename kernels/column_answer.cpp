#include "kernels/column_answer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "kernels/column_deriver.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

constexpr uint64_t derived_at_once = 16u << 10; // tokens, between two looks at the stop flag: some 200 us

static_assert(static_cast<int>(column_unit::bytes) == static_cast<int>(position_unit::bytes));
static_assert(static_cast<int>(column_unit::code_points) == static_cast<int>(position_unit::code_points));
static_assert(static_cast<int>(column_unit::utf16_units) == static_cast<int>(position_unit::utf16_units));

/// Where in the memory each column begins; what is not wanted has no length. Each has room for its padding.
struct layout {
  layout(const column_order& order, uint64_t document_bytes) noexcept {
    const uint64_t tokens = tokens_max(document_bytes);
    const auto wanted = [&](column_set one) { return holds(order.columns, one); };
    kinds = place(tokens); // kinds and starts are what a scan writes, wanted or not
    starts = place(4 * tokens);
    if (wanted(column_set::issues))
      issues = std::min<uint64_t>({order.issues_told_max, limits::issues_kept_max, issues_max(document_bytes)});
    raw_issues = place(sizeof(issue) * issues);
    issue_kinds = place(issues);
    issue_offsets = place(4 * issues);
    ends = place(wanted(column_set::ends) ? 4 * tokens : 0);
    codes = place(wanted(column_set::codes) ? 4 * tokens : 0);
    lines = place(wanted(column_set::lines) ? 4 * tokens : 0);
    columns = place(wanted(column_set::columns) ? 4 * tokens : 0);
    name_offsets = place(wanted(column_set::names) ? 4 * (tokens + 1) : 0);
    name_bytes = place(wanted(column_set::names) ? name_bytes_max(document_bytes) : 0);
  }

  uint64_t place(uint64_t length) noexcept { return std::exchange(bytes, bytes + padded_to_column(length)); }

  uint64_t bytes = 0;
  uint64_t issues = 0; ///< that there is room for
  uint64_t kinds, starts, raw_issues, issue_kinds, issue_offsets, ends, codes, lines, columns, name_offsets, name_bytes;
};

uint32_t* numbers(uint8_t* at) noexcept { return reinterpret_cast<uint32_t*>(at); }

} // namespace

uint64_t column_memory_bytes(const column_order& order, uint64_t document_bytes) noexcept {
  return layout{order, document_bytes}.bytes;
}

bool are_possible(const column_counts& counts, uint32_t columns, uint64_t document_bytes) noexcept {
  const uint64_t name_bytes = holds(columns, column_set::names) ? name_bytes_max(document_bytes) : 0;
  return counts.tokens <= tokens_max(document_bytes) && counts.issues <= issues_max(document_bytes)
         && counts.name_bytes <= name_bytes;
}

// In the order of their ids. Zeros behind each: what lay there was another client's.
column_answer_ptr columns_in(document_lease memory, const column_order& order, uint64_t document_bytes,
                             const column_counts& counts) {
  const layout at{order, document_bytes};
  const uint64_t tokens = counts.tokens;
  const auto answer = std::make_shared<column_answer>();
  const auto wanted = [&](column_set one) { return holds(order.columns, one); };
  const auto add = [&](column_id id, uint64_t offset, uint64_t bytes) {
    uint8_t* const begin = memory->data() + offset;
    std::memset(begin + bytes, 0, padded_to_column(bytes) - bytes);
    answer->columns.push_back({id, {begin, static_cast<size_t>(bytes)}});
  };
  if (wanted(column_set::kinds)) add(column_id::kind, at.kinds, tokens);
  if (wanted(column_set::starts)) add(column_id::start, at.starts, 4 * tokens);
  if (wanted(column_set::ends)) add(column_id::end, at.ends, 4 * tokens);
  if (wanted(column_set::codes)) add(column_id::code, at.codes, 4 * tokens);
  if (wanted(column_set::lines)) add(column_id::line, at.lines, 4 * tokens);
  if (wanted(column_set::columns)) add(column_id::column, at.columns, 4 * tokens);
  if (wanted(column_set::names)) {
    add(column_id::name_offset, at.name_offsets, 4 * (tokens + 1));
    add(column_id::name_byte, at.name_bytes, counts.name_bytes);
  }
  if (wanted(column_set::issues)) {
    const uint64_t told = std::min(counts.issues, at.issues);
    add(column_id::issue_kind, at.issue_kinds, told);
    add(column_id::issue_offset, at.issue_offsets, 4 * told);
    answer->issues_told = static_cast<uint32_t>(told);
  }
  answer->bytes = at.bytes;
  answer->memory = std::move(memory);
  return answer;
}

std::optional<document_lease> take_column_memory(const column_order& order, uint64_t document_bytes) noexcept {
  const uint64_t bytes = column_memory_bytes(order, document_bytes);
  if (order.place) {
    if (order.place->capacity() < bytes) return std::nullopt;
    return order.place;
  }
  if (order.lender)
    if (auto lent = order.lender->take(bytes)) return lent;
  try {
    document_pool memory = *order.memory;
    return memory.take(bytes);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

std::optional<column_scan> column_scan::begin(const column_order& order, const scan_input& input) noexcept {
  auto memory = take_column_memory(order, input.document.size());
  if (!memory) return std::nullopt;
  return column_scan{order, input, std::move(*memory)};
}

scan_output column_scan::output() const noexcept {
  const layout at{*order_, input_.document.size()};
  uint8_t* const memory = memory_->data();
  return {.kinds = reinterpret_cast<token_kind*>(memory + at.kinds),
          .starts = numbers(memory + at.starts),
          .issues = {reinterpret_cast<issue*>(memory + at.raw_issues), static_cast<size_t>(at.issues)},
          .start_bits = nullptr};
}

namespace {

/// Derives what is wanted of a finished scan; nothing if `stop` was set, else how many bytes the names take.
std::optional<uint64_t> derive(const column_order& order, const scan_input& input, uint64_t tokens, uint8_t* memory,
                               const std::atomic<bool>& stop, scan_progress* progress) {
  if (!needs_deriving(order.columns)) return 0;
  const layout at{order, input.document.size()};
  const auto place_of = [&](column_set one, uint64_t offset) {
    return holds(order.columns, one) ? numbers(memory + offset) : nullptr;
  };
  const std::span kinds{reinterpret_cast<const token_kind*>(memory + at.kinds), static_cast<size_t>(tokens)};
  column_deriver deriver{input,
                         static_cast<column_unit>(order.unit),
                         kinds,
                         numbers(memory + at.starts),
                         {.ends = place_of(column_set::ends, at.ends),
                          .codes = place_of(column_set::codes, at.codes),
                          .lines = place_of(column_set::lines, at.lines),
                          .columns = place_of(column_set::columns, at.columns),
                          .name_offsets = place_of(column_set::names, at.name_offsets),
                          .name_bytes = memory + at.name_bytes}};
  while (deriver.derive(derived_at_once)) {
    if (stop.load(std::memory_order_relaxed)) return std::nullopt;
    if (progress != nullptr) progress->chunk_done();
  }
  return deriver.name_bytes();
}

} // namespace

column_answer_ptr column_scan::finish(const scan_cursor& finished, const std::atomic<bool>& stop,
                                      scan_progress* progress) {
  const layout at{*order_, input_.document.size()};
  uint8_t* const memory = memory_->data();
  const auto name_bytes = derive(*order_, input_, finished.token_count, memory, stop, progress);
  if (!name_bytes) return nullptr;
  const auto* const found = reinterpret_cast<const issue*>(memory + at.raw_issues);
  const uint64_t told = std::min<uint64_t>(finished.issue_count, at.issues);
  for (uint64_t i = 0; i < told; ++i) {
    memory[at.issue_kinds + i] = static_cast<uint8_t>(found[i].kind);
    numbers(memory + at.issue_offsets)[i] = found[i].offset;
  }
  return columns_in(std::move(memory_), *order_, input_.document.size(),
                    {finished.token_count, finished.issue_count, *name_bytes});
}

} // namespace texlex
