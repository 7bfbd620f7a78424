#include <array>

#include "bench/contenders.hpp"

namespace texlex::bench {
namespace {

enum category : uint8_t {
  escape,
  begin,
  end,
  math,
  tab,
  eol,
  parameter,
  super,
  sub,
  ignored,
  blank,
  letter,
  other,
  active,
  comment,
  invalid
};

constexpr std::array<uint8_t, 256> categories = [] {
  std::array<uint8_t, 256> table{};
  table.fill(other);
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 'a' + 'A')] = letter;
  table['\\'] = escape, table['{'] = begin, table['}'] = end, table['$'] = math, table['&'] = tab;
  table['\n'] = table['\r'] = eol, table['#'] = parameter, table['^'] = super, table['_'] = sub, table[0] = ignored;
  table[' '] = table['\t'] = blank, table['~'] = active, table['%'] = comment, table[127] = invalid;
  return table;
}();

} // namespace

work_done scan_six_columns(std::span<const uint8_t> document, buffers& to) {
  const uint8_t* const bytes = document.data();
  const auto size = static_cast<uint32_t>(document.size());
  uint32_t* const kinds = to.wide_kinds.data();
  uint32_t count = 0, line = 1, line_start = 0;
  bool skipping = true;
  const auto put = [&](uint32_t kind, uint32_t code, uint32_t start, uint32_t stop) {
    kinds[count] = kind;
    to.codes[count] = code;
    to.starts[count] = start;
    to.ends[count] = stop;
    to.lines[count] = line;
    to.columns[count] = start - line_start + 1;
    ++count;
  };
  for (uint32_t at = 0; at < size;) {
    const uint32_t start = at;
    const uint8_t byte = bytes[at++];
    const uint8_t kind = categories[byte];
    switch (kind) {
      case escape:
        if (at < size && categories[bytes[at]] == letter) {
          while (at < size && categories[bytes[at]] == letter) ++at;
          skipping = true;
        } else if (at < size) {
          ++at;
          skipping = false;
        }
        put(escape, 0, start, at);
        break;
      case eol:
        if (!skipping) put(blank, ' ', start, at);
        skipping = true;
        ++line;
        line_start = at;
        break;
      case blank:
        if (!skipping) put(blank, ' ', start, at);
        skipping = true;
        break;
      case comment:
        while (at < size && categories[bytes[at]] != eol) ++at;
        break;
      default: put(kind, byte, start, at); skipping = false;
    }
  }
  return {count, uint64_t{count} * 24};
}

} // namespace texlex::bench
