// Most blocks of most documents: with nothing in them that is not everywhere. What may not be in such a block is
// chosen so that few documents have it often and the rest is short:
//
//   a comment, an ignored or invalid character, an end-of-line character that is not LF, a NUL
//   three escapes or two superscript characters in a row; a superscript character as the last byte
//   a blank right before a line's end, or a leading one as the last byte
//   an end-group without a begin-group
//
// Then blanks matter only where TeX is in state M, and that is after every byte but blanks, escapes and names. For
// regimes under which a line's end is a space or a paragraph, and a space a space.
// Included inside the target's namespace.

// Bytes that make spaces before them trailing ones, or may.
struct blank_table {
  uint8_t of[256];
  constexpr blank_table() : of() { of[int{' '}] = of[int{'\n'}] = of[int{'\r'}] = 1; }
};
static constexpr blank_table blank_or_end;

// From `offset` on, over as many of them as there are before `end`, up to which a block has a byte behind it. Among
// characters beyond ASCII, some blocks without any end it too: the loop that knows none is faster.
template <form f, text t>
[[gnu::noinline]] uint64_t stretch_scan::usual_blocks(uint64_t offset, uint64_t end) {
  constexpr uint64_t ascii_blocks_max = 4;
  uint64_t ascii_blocks = 0;
  const uint8_t* const document = s.document;
  uint8_t* const kinds = s.kinds;
  uint32_t* const starts = s.starts;
  uint64_t* const start_bits = s.start_bits;
  const ascii_lookup lookup{low};
  uint64_t escape_before = c.escape, name_before = c.name, middle_before = c.middle, new_line_before = c.new_line;
  const uint64_t first = offset;
  uint64_t depth = c.group_depth, token_count = c.token_count, partial = c.start_bits;
  for (; offset < end && ascii_blocks < ascii_blocks_max; offset += 64) {
    const bytes raw = load(document + offset);
    bytes categories = t == text::eight_bit ? table.with_high(raw) : lookup(raw);
    uint64_t high = 0;
    if constexpr (t == text::ascii) {
      if (lookup.any_uncommon(raw, categories)) break;
    } else if constexpr (t == text::utf8) {
      high = high_bits(raw);
      if ((lookup.uncommon(categories) & ~high) != 0) break;
    } else {
      if (high_bits(uncommon_marks(categories)) != 0) break;
    }
    const uint64_t escapes = equal(categories, 0) & ~high;
    uint64_t letter = equal(categories, 11) & ~high;
    const uint64_t blank = equal(categories, kind_space) & ~high; // LF is one
    const uint64_t lf = equal(raw, '\n');
    const uint64_t superscript = equal(categories, 7) & ~high;
    const uint64_t spaces = blank & ~lf;
    const uint64_t group_begins = equal(categories, 1) & ~high;
    const uint64_t group_ends = equal(categories, 2) & ~high;
    decoded beyond;
    if constexpr (t == text::utf8) {
      ascii_blocks = high == 0 ? ascii_blocks + 1 : 0;
      if ((high | c.continuation) != 0) {
        beyond = decode(raw, offset, high, categories);
        if (beyond.trouble != 0) break;
        letter |= beyond.letters;
        categories = beyond.categories;
      }
    }

    const uint64_t second = escapes & (escapes << 1 | escape_before); // of two, which is what the first takes
    const uint64_t escape = escapes & ~second;
    const uint64_t taken = escape << 1 | escape_before;
    const uint64_t name = flood(letter, taken | name_before);
    const uint64_t middle = ~(name | blank | escape);
    const uint64_t in_middle = middle << 1 | middle_before;
    const uint64_t paragraphs = lf & (lf << 1 | new_line_before);
    const uint64_t blank_tokens = blank & in_middle;
    const uint64_t begins = group_begins & ~taken;
    const uint64_t ends = group_ends & ~taken;

    const uint64_t end_next = uint64_t{blank_or_end.of[document[offset + 64]]} << 63;
    const uint64_t bad_last = superscript | (spaces & (end_next | ~(in_middle | taken)));
    const uint64_t bad = (second & second << 1) | (superscript & superscript << 1) | (lf & spaces << 1) | bad_last >> 63;
    if (bad != 0 || any_without_begin(begins, ends, depth)) break;

    uint64_t tokens = ~(name | taken | blank | beyond.continuation) | blank_tokens | paragraphs;
    categories = replace(categories, paragraphs, kind_paragraph);
    if constexpr (f.source) {
      const uint64_t blanks = spaces & ~(in_middle | taken);
      const uint64_t blank_starts = blanks & ~(blanks << 1);
      const uint64_t bare_ends = lf & ~(in_middle | taken | paragraphs);
      tokens |= blank_starts | bare_ends;
      categories = replace(categories, blank_starts, kind_blank);
      categories = replace(categories, bare_ends, kind_line_end);
    }
    emit_kinds(categories, tokens, kinds + token_count);
    if constexpr (f.bitmap) {
      start_bits[offset >> 6] = partial | tokens << (offset & 63);
      partial = tokens >> 1 >> (~offset & 63);
    } else {
      emit_starts(tokens, static_cast<uint32_t>(offset), starts + token_count);
    }
    token_count += count_ones(tokens);
    depth += count_ones(begins) - count_ones(ends);
    escape_before = escape >> 63;
    name_before = name >> 63;
    middle_before = middle >> 63;
    new_line_before = lf >> 63;
    if constexpr (t == text::utf8) {
      c.continuation = beyond.continuation_behind;
      c.letters = beyond.letters >> 63;
    }
  }
  c.escape = escape_before;
  c.name = name_before;
  c.middle = middle_before;
  c.new_line = new_line_before;
  if (offset > first) c.line_end = new_line_before;
  c.group_depth = depth;
  c.token_count = token_count;
  c.start_bits = partial;
  return offset;
}
