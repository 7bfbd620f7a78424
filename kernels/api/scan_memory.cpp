// Tokens in the caller's own memory.
#include "kernels/api/boundary.hpp"
#include "kernels/api/settings.hpp"
#include "kernels/api/versioned_struct.hpp"

using namespace texlex;
using namespace texlex::api;

namespace {

// Up to the last field of the first version: what any caller has.
constexpr size_t memory_size_least =
  offsetof(texlex_scan_memory, issue_count) + sizeof(texlex_scan_memory::issue_count);

texlex_status check(const texlex_scan_memory& memory, uint64_t document_bytes) noexcept {
  if (memory.kinds == nullptr) return TEXLEX_NULL_ARGUMENT;
  if (memory.starts == nullptr && memory.start_bits == nullptr) return TEXLEX_NULL_ARGUMENT;
  if (memory.issues == nullptr && memory.issue_capacity > 0) return TEXLEX_NULL_ARGUMENT;
  return memory.token_capacity < tokens_max(document_bytes) ? TEXLEX_CAPACITY_TOO_SMALL : TEXLEX_OK;
}

scan_output output_to(const texlex_scan_memory& memory) noexcept {
  return {.kinds = reinterpret_cast<token_kind*>(memory.kinds),
          .starts = memory.starts,
          .issues = {reinterpret_cast<issue*>(memory.issues), static_cast<size_t>(memory.issue_capacity)},
          .start_bits = memory.start_bits};
}

texlex_status scan(std::span<const uint8_t> document, const settings& how, texlex_scan_memory& memory) noexcept {
  if (const auto status = check(memory, document.size()); status != TEXLEX_OK) return status;
  scan_cursor cursor;
  run_scan(*how.kernel, {document, how.regime, how.view}, cursor, output_to(memory));
  memory.token_count = cursor.token_count;
  memory.issue_count = cursor.issue_count;
  return TEXLEX_OK;
}

} // namespace

uint64_t texlex_tokens_max(uint64_t document_bytes) noexcept { return tokens_max(document_bytes); }
uint64_t texlex_start_words(uint64_t document_bytes) noexcept { return start_words(document_bytes); }

texlex_status texlex_scan(const void* document, size_t bytes, const texlex_options* options,
                          texlex_scan_memory* memory) noexcept {
  if (memory == nullptr) return TEXLEX_NULL_ARGUMENT;
  return at_boundary([&] {
    settings how;
    std::span<const uint8_t> text;
    texlex_scan_memory ours = {};
    if (const auto status = read_document(document, bytes, text); status != TEXLEX_OK) return status;
    if (const auto status = read_settings(options, how); status != TEXLEX_OK) return status;
    if (!read_struct(memory, memory_size_least, ours)) return TEXLEX_UNSUPPORTED_STRUCT;
    const auto status = scan(text, how, ours);
    if (status != TEXLEX_OK) return status;
    return write_struct(ours, memory_size_least, memory) ? TEXLEX_OK : TEXLEX_UNSUPPORTED_STRUCT;
  });
}
