// Blocks of text that may go beyond ASCII, in UTF-8 or eight bits, under any end-line character: no comment, no run of
// escapes, no space before a line's end.
// Included inside the target's namespace.

// False if this is none of them, or has trouble; then nothing has happened.
template <form f>
[[gnu::always_inline]] inline bool stretch_scan::common_block(bytes raw, uint64_t offset, carried& now) const {
  const bool eight_bit = s.high != nullptr;
  bytes categories = eight_bit ? table.with_high(raw) : table(raw);
  const uint64_t high = eight_bit ? 0 : high_bits(raw);
  const uint64_t plain = ~high;
  if ((high_bits(uncommon_marks(categories)) & plain) != 0) return false;
  classes k;
  k.lf = equal(raw, '\n');
  k.escape = equal(categories, 0) & plain;
  k.begin_group = equal(categories, 1) & plain;
  k.end_group = equal(categories, 2) & plain;
  k.superscript = equal(categories, 7) & plain;
  k.space = equal(categories, kind_space) & ~k.lf & plain;
  k.letter = equal(categories, 11) & plain;
  const uint64_t spaces20 = equal(raw, ' ');
  const uint64_t escapes_meet = k.escape & (k.escape << 1 | now.escape);
  if ((escapes_meet | (k.lf & spaces20 << 1)) != 0) return false;
  const uint8_t next = s.document[offset + 64];
  if (spaces20 >> 63 != 0 && (next == ' ' || ends_line(next))) return false;
  carried after = now;
  after.comment = after.carriage = after.ignored = 0;
  if ((high | now.continuation) != 0 && decode(raw, offset, high, categories, k, after) != 0) return false;
  const findings found = find<true, f.source>(categories, k, offset, ~uint64_t{0}, after);
  if (found.trouble != 0) return false;
  write<f>(found.kinds, found.tokens, offset, after);
  after.group_depth += count_ones(found.begins) - count_ones(found.group_ends);
  now = after;
  return true;
}

// From `offset` on, over as many of them as there are before `end`; after some of ASCII alone, the faster loop is for
// the next.
template <form f>
[[gnu::noinline]] uint64_t stretch_scan::common_blocks(uint64_t offset, uint64_t end) {
  constexpr uint64_t ascii_blocks_max = 4;
  uint64_t ascii_blocks_seen = 0;
  carried now = c; // nobody has its address, so it stays in registers
  for (; offset < end && ascii_blocks_seen < ascii_blocks_max; offset += 64) {
    const bytes raw = load(s.document + offset);
    if (!common_block<f>(raw, offset, now)) break;
    ascii_blocks_seen = high_bits(raw) == 0 ? ascii_blocks_seen + 1 : 0;
  }
  c = now;
  return offset;
}
