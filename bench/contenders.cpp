#include "bench/contenders.hpp"

#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::bench {
namespace {

constexpr size_t counted_bytes_fast = 2048, counted_bytes_slow = 512; // counting takes some microseconds a step

constexpr uint64_t kind_bytes = sizeof(token_kind), start_bytes = sizeof(uint32_t);

enum class starts_as : uint8_t { column, bitmap };

work_done scan_with(const kernel& kernel, token_view view, starts_as form, std::span<const uint8_t> document,
                    buffers& to) {
  scan_cursor cursor;
  const scan_output output{.kinds = reinterpret_cast<token_kind*>(to.kinds.data()),
                           .starts = form == starts_as::column ? to.starts.data() : nullptr,
                           .issues = to.issues,
                           .start_bits = to.start_bits.data()};
  const scan_input input{document, find_regime("latex"), view};
  if (to.limit < document.size()) {
    kernel.advance(input, to.limit, cursor, output);
  } else {
    run_scan(kernel, input, cursor, output);
  }
  const uint64_t starts_written =
    form == starts_as::column ? cursor.token_count * start_bytes : start_words(document.size()) * sizeof(uint64_t);
  return {cursor.token_count, cursor.token_count * kind_bytes + starts_written};
}

work_done expand_with(const kernel& kernel, std::span<const uint8_t> document, buffers& to) {
  kernel.expand_starts(to.start_bits.data(), document.size(), to.starts.data());
  return {to.tokens, to.tokens * start_bytes};
}

// The fastest way to touch the input: what reading and writing cost at all.
work_done copy(std::span<const uint8_t> document, buffers& to) {
  std::memcpy(to.copy.data(), document.data(), document.size());
  return {to.tokens, document.size()};
}

// As many kinds and starts as there are tokens, of no use: what writing the output costs at all.
work_done store_only(std::span<const uint8_t>, buffers& to) {
  uint8_t* const kinds = to.kinds.data();
  uint32_t* const starts = to.starts.data();
  const auto count = static_cast<uint32_t>(to.tokens);
  for (uint32_t i = 0; i < count; ++i) kinds[i] = 11;
  for (uint32_t i = 0; i < count; ++i) starts[i] = i;
  return {to.tokens, to.tokens * (kind_bytes + start_bytes)};
}

void add_kernel(std::vector<contender>& all, std::string_view name) {
  const kernel& each = *find_kernel(name);
  const auto add = [&](const char* what, token_view view, starts_as form) {
    all.push_back({std::string{name} + what,
                   [&each, view, form](std::span<const uint8_t> document, buffers& to) {
                     return scan_with(each, view, form, document, to);
                   },
                   view == token_view::source ? 0
                   : name == "reference"      ? counted_bytes_slow
                                              : counted_bytes_fast,
                   true});
  };
  add("", token_view::tex, starts_as::column);
  add(", source view", token_view::source, starts_as::column);
  add(", bitmap", token_view::tex, starts_as::bitmap);
  add(", bitmap, source view", token_view::source, starts_as::bitmap);
}

} // namespace

buffers::buffers(size_t document_bytes)
  : kinds(document_bytes + 64), copy(document_bytes + 64), starts(document_bytes + 64), wide_kinds(document_bytes + 64),
    codes(document_bytes + 64), ends(document_bytes + 64), lines(document_bytes + 64), columns(document_bytes + 64),
    start_bits(start_words(document_bytes)), issues(1024) {}

std::vector<contender> contenders() {
  std::vector<contender> all;
  for (const auto name : kernel_names()) add_kernel(all, name);
  all.push_back({"six columns", scan_six_columns, counted_bytes_slow});
#ifdef TEXLEX_FLEX
  all.push_back({"flex", scan_with_flex, counted_bytes_slow});
#endif
  all.push_back({"memcpy of the input", copy});
  all.push_back({"store only", store_only});
  const kernel& best = *find_kernel(best_kernel_name);
  all.push_back(
    {.name = std::string{best.name} + ", expand bitmap",
     .run = [&best](std::span<const uint8_t> document, buffers& to) { return expand_with(best, document, to); },
     .prepare = [&best](std::span<const uint8_t> document,
                        buffers& to) { scan_with(best, token_view::tex, starts_as::bitmap, document, to); }});
  return all;
}

} // namespace texlex::bench
