// Blocks with anything in them, the document's last one, and the way back to a line's beginning.
// Included inside the target's namespace.

// How far spaces are followed beyond a block. What a longer run is has to be remembered from call to call, or a scan in
// small steps would be a square: only the reference does.
static constexpr uint64_t spaces_ahead_max = 512;

// Spaces right before a line's end, which TeX strips. A run at the block's end is followed to its own end, and what was
// found is kept for the next block; trouble if that is too far.
inline uint64_t stretch_scan::trailing_spaces(uint64_t spaces, uint64_t ends, uint64_t offset, uint64_t count,
                                              uint64_t& trouble) {
  uint64_t trailing = 0;
  for (uint64_t each = ends & (spaces << 1); each != 0; each &= each - 1) {
    const uint64_t end = lowest(each);
    const uint64_t others = ~spaces & ones_below(end);
    const uint64_t from = others == 0 ? 0 : 64 - static_cast<uint64_t>(__builtin_clzll(others));
    trailing |= ones_below(end) & ~ones_below(from);
  }
  if (count < 64 || spaces >> 63 == 0) return trailing;
  const uint64_t next = offset + 64;
  if (spaces_end < next) {
    const uint64_t farthest = s.size - next > spaces_ahead_max ? next + spaces_ahead_max : s.size;
    spaces_end = next;
    while (spaces_end < farthest && s.document[spaces_end] == ' ') ++spaces_end;
    spaces_trail = spaces_end == s.size || ends_line(s.document[spaces_end]);
    if (spaces_end == farthest && farthest < s.size) trouble |= uint64_t{1} << 63;
  }
  if (!spaces_trail) return trailing;
  const uint64_t others = ~spaces;
  const uint64_t from = others == 0 ? 0 : 64 - static_cast<uint64_t>(__builtin_clzll(others));
  return trailing | ~ones_below(from);
}

// Any block, of which the first `count` bytes are there. False if the stretch has come to rest: where TeX could be
// stopped at or behind the limit, or for trouble before that.
template <form f>
[[gnu::noinline]] bool stretch_scan::any_block(bytes raw, uint64_t offset, uint64_t count, uint64_t limit) {
  const uint64_t there = ones_below(count);
  const bool eight_bit = s.high != nullptr;
  const uint64_t high = high_bits(raw);
  const uint64_t plain = eight_bit ? ~uint64_t{0} : ~high;
  bytes categories = eight_bit ? table.with_high(raw) : table(raw);
  classes k;
  k.lf = equal(raw, '\n');
  k.cr = equal(raw, '\r');
  k.escape = equal(categories, 0) & plain;
  k.begin_group = equal(categories, 1) & plain;
  k.end_group = equal(categories, 2) & plain;
  k.superscript = equal(categories, 7) & plain;
  k.ignored = equal(categories, 9) & plain;
  k.space = equal(categories, kind_space) & plain & ~(k.lf | k.cr);
  k.letter = equal(categories, 11) & plain;
  k.comment = equal(categories, 14) & plain;
  k.odd = (equal(categories, 5) | equal(categories, 15)) & plain;
  k.lf &= there;
  k.cr &= there;
  uint64_t trouble = equal(raw, 0);
  decoded beyond;
  if (!eight_bit && (high | c.continuation) != 0) {
    beyond = decode(raw, offset, high, categories);
    trouble |= beyond.trouble;
    categories = beyond.categories;
    k.continuation = beyond.continuation;
    k.letter |= beyond.letters;
  }

  const uint64_t spaces20 = equal(raw, ' ') & there;
  const uint64_t terminators = k.lf | k.cr;
  if ((terminators & spaces20 << 1) != 0 || spaces20 >> 63 != 0) {
    k.trailing = trailing_spaces(spaces20, terminators, offset, count, trouble);
    k.escape &= ~k.trailing;
    k.letter &= ~k.trailing;
    k.comment &= ~k.trailing;
    k.superscript &= ~k.trailing;
  }
  categories = replace(categories, k.cr, kind_space);
  const findings found = find<f.source>(categories, k, offset, there, c);
  trouble = (trouble | found.trouble) & there;
  const uint64_t stop = limit >= s.size ? 64 : limit > offset ? limit - offset : 0;
  const uint64_t boundary = lowest(found.boundaries & there & ~ones_below(stop));
  // What is there may show that what is before it goes on: a superscript character that is not alone, after another
  // or after a name; a character that is not whole.
  const uint64_t pairs = found.superscript & (found.superscript >> 1 | superscript_behind(offset) << 63);
  const uint64_t goes_on = found.superscript_pairs | pairs | beyond.cut_short;
  if (boundary < 64) trouble = (trouble & ones_below(boundary)) | (goes_on & uint64_t{1} << boundary);
  if (trouble != 0) {
    stop_for<f>(trouble, found, offset, count);
    return false;
  }
  put<f>(found, ones_below(boundary), offset, count);
  if (boundary < 64) {
    if (boundary > 0) leave_state(found, boundary - 1);
    come_to_rest(offset + boundary);
    return false;
  }
  leave_state(found, 63);
  c.escape = found.escape >> 63;
  c.name = found.name >> 63;
  c.comment = found.comment >> 63;
  c.trailing = found.trailing >> 63;
  c.line_end = found.terminators >> 63;
  c.carriage = found.carriage >> 63;
  c.superscript = found.superscript >> 63;
  c.continuation = beyond.continuation_behind;
  c.letters = beyond.letters >> 63;
  return true;
}

// 1 if the next block begins with a superscript character.
inline uint64_t stretch_scan::superscript_behind(uint64_t offset) const {
  if (s.size - offset <= 64) return 0;
  const uint8_t next = s.document[offset + 64];
  if (next < 0x80) return s.low[next] == 7;
  return s.high != nullptr && s.high[next - 0x80] == 7;
}

// What a byte leaves behind that TeX would have to remember.
inline void stretch_scan::leave_state(const findings& found, uint64_t byte) {
  c.middle = found.middle >> byte & 1;
  c.new_line = found.new_line >> byte & 1;
  c.blank = found.blank >> byte & 1;
  c.ignored = found.ignored >> byte & 1;
}

// Comes to rest at the beginning of the line that has the trouble: in this block, or before.
template <form f>
void stretch_scan::stop_for(uint64_t trouble, const findings& found, uint64_t offset, uint64_t count) {
  p.trouble = true;
  const uint64_t lf = found.terminators & ~found.carriage;
  const uint64_t line_ends = found.terminators & ~(found.carriage & lf >> 1) & ones_below(lowest(trouble));
  if (line_ends == 0) return rewind<f>(offset, offset + lowest(trouble));
  const uint64_t line = 64 - static_cast<uint64_t>(__builtin_clzll(line_ends));
  put<f>(found, ones_below(line), offset, count);
  c = carried{.new_line = 1, .token_count = c.token_count, .group_depth = c.group_depth};
  come_to_rest(offset + line);
}

// There are never more tokens than bytes before them, so a whole block's entries fit in behind; the last block's are
// copied one by one.
template <form f>
void stretch_scan::put(const findings& found, uint64_t kept, uint64_t offset, uint64_t count) {
  const uint64_t tokens = found.tokens & kept;
  const uint64_t added = count_ones(tokens);
  if (count == 64 && offset + 64 <= s.size) {
    write<f>(found.kinds, tokens, offset, c);
  } else {
    uint8_t* const kinds_to = s.kinds + c.token_count;
    uint8_t last_kinds[64];
    emit_kinds(found.kinds, tokens, last_kinds);
    for (uint64_t i = 0; i < added; ++i) kinds_to[i] = last_kinds[i];
    if constexpr (f.bitmap) {
      write_bits(tokens, offset, c);
    } else {
      uint32_t* const starts_to = s.starts + c.token_count;
      uint32_t last_starts[64];
      emit_starts(tokens, static_cast<uint32_t>(offset), last_starts);
      for (uint64_t i = 0; i < added; ++i) starts_to[i] = last_starts[i];
    }
    c.token_count += added;
  }
  if (f.bitmap && (offset >> 6) < (s.size >> 6)) s.start_bits[(offset >> 6) + 1] = c.start_bits;
  c.group_depth += count_ones(found.begins & kept) - count_ones(found.group_ends & kept);
}

// How many of the tokens were there before `line`, in a document that is scanned up to `block`.
template <form f>
uint64_t stretch_scan::tokens_before(uint64_t line, uint64_t block) {
  uint64_t count = c.token_count;
  if constexpr (f.bitmap) {
    s.start_bits[block >> 6] = c.start_bits;
    const uint64_t first = line >> 6, below_line = ones_below(line & 63);
    count -= count_ones(s.start_bits[first] & ~below_line);
    for (uint64_t word = first + 1; word <= block >> 6; ++word) count -= count_ones(s.start_bits[word]);
    s.start_bits[first] &= below_line;
  } else {
    while (count > first_token && s.starts[count - 1] >= line) --count;
  }
  return count;
}

// Back to the beginning of the line that holds `offset`, or to where this stretch began: what was written for it since
// is forgotten.
template <form f>
void stretch_scan::rewind(uint64_t block, uint64_t offset) {
  uint64_t line = offset;
  while (line > begin && !ends_line(s.document[line - 1])) --line;
  const uint64_t kept = tokens_before<f>(line, block);
  while (c.token_count > kept) {
    const uint8_t kind = s.kinds[--c.token_count];
    c.group_depth += kind == 2;
    c.group_depth -= kind == 1;
  }
  p.offset = line;
  p.token_count = c.token_count;
  p.group_depth = c.group_depth;
  if (line == begin) return; // in the state it began in
  p.state = state_before::new_line;
  p.run = 0;
}
