#include "kernels/simd/simd_kernel.hpp"

#include <algorithm>
#include <optional>

#include "kernels/reference.hpp"

namespace texlex::simd {
namespace {

// A document full of rare things costs a target a look at each: once it was stopped often, the reference goes on for
// so many bytes before the target is tried again, twice as many each time up to the last.
constexpr uint64_t patience_bytes_first = 64, patience_bytes_max = 16u << 10;

// Nothing if the target cannot work under this regime: its end-line character is of no usual category.
std::optional<line_end_effect> line_end_of(const regime& regime) {
  if (regime.end_line_character == no_end_line_character) return line_end_effect::none;
  switch (regime.catcodes[static_cast<char32_t>(regime.end_line_character)]) {
    case catcode::end_of_line: return line_end_effect::space_or_paragraph;
    case catcode::space: return line_end_effect::space;
    case catcode::ignored: return line_end_effect::nothing;
    default: return std::nullopt;
  }
}

stretch stretch_of(const scan_input& input, const scan_output& output, line_end_effect line_end) {
  const catcode_table::layout table = input.regime->catcodes.memory();
  const bool eight_bit = input.regime->encoding == encoding::eight_bit;
  return {.document = input.document.data(),
          .size = input.document.size(),
          .low = table.ascii,
          .high = eight_bit ? table.pages[table.page_of[0]] + 128 : nullptr,
          .page_of = table.page_of,
          .pages = table.pages,
          .line_end = line_end,
          .source_view = input.view == token_view::source,
          .kinds = reinterpret_cast<uint8_t*>(output.kinds),
          .starts = output.starts,
          .start_bits = output.starts == nullptr ? output.start_bits : nullptr};
}

progress progress_of(const scan_cursor& cursor) {
  return {.offset = cursor.offset,
          .token_count = cursor.token_count,
          .group_depth = cursor.group_depth,
          .state = static_cast<state_before>(cursor.state),
          .run = cursor.run == token_kind::other ? uint8_t{0} : static_cast<uint8_t>(cursor.run)};
}

void take_over(const progress& at, scan_cursor& cursor) {
  cursor.offset = at.offset;
  cursor.token_count = at.token_count;
  cursor.group_depth = at.group_depth;
  cursor.state = static_cast<line_state>(at.state);
  cursor.run = at.run == 0 ? token_kind::other : static_cast<token_kind>(at.run);
  cursor.checked = at.offset; // whatever would be an issue is trouble
}

} // namespace

void advance(run_function target, const scan_input& input, uint64_t limit, scan_cursor& cursor,
             const scan_output& output) {
  const uint64_t size = input.document.size();
  const auto line_end = line_end_of(*input.regime);
  if (!line_end) return reference_kernel.advance(input, limit, cursor, output);
  const stretch what = stretch_of(input, output, *line_end);
  uint64_t patience = patience_bytes_first;
  while (!cursor.finished && (cursor.offset < limit || limit >= size)) {
    if (cursor.in_line) { // a line the reference has begun
      advance_line(input, limit, cursor, output);
      continue;
    }
    progress at = progress_of(cursor);
    target(what, limit, at);
    const uint64_t gained = at.offset - cursor.offset;
    take_over(at, cursor);
    if (at.finished) return finish_scan(cursor, output);
    if (!at.trouble) continue;
    patience = gained >= 4 * patience ? patience_bytes_first : std::min(2 * patience, patience_bytes_max);
    const uint64_t until = cursor.offset + patience;
    do {
      advance_line(input, limit, cursor, output);
    } while (!cursor.finished && cursor.offset < std::min(until, limit));
  }
}

} // namespace texlex::simd
