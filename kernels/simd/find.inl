// What becomes of the bytes of a block, whatever is in it.
// Included inside the target's namespace.

// The heart: what TeX does from left to right, for all bytes at once, `now` being before this block.
template <bool source>
[[gnu::always_inline]] inline findings stretch_scan::find(bytes categories, const classes& k, uint64_t offset,
                                                          uint64_t there, const carried& now) const {
  const uint64_t terminators = k.lf | k.cr;
  const uint64_t ends = terminators & ~(k.lf & (k.cr << 1 | now.carriage));
  const uint64_t text = there & ~terminators;

  // Of a run of escapes every other one takes the next character, beginning with its first.
  uint64_t escape = k.escape & ~now.escape;
  const uint64_t from_even = flood(escape, escape & ~(escape << 1) & even_bits);
  escape = (escape & from_even & even_bits) | (escape & ~from_even & ~even_bits);
  uint64_t taken = escape << 1 | now.escape;
  const uint64_t comment = flood(text, (k.comment & ~taken) | now.comment);
  const uint64_t trailing = k.trailing & ~comment;
  escape &= ~comment;
  taken = escape << 1 | now.escape;
  const uint64_t name = flood(k.letter, taken | now.name);
  const uint64_t symbol = taken & ~k.letter & text;

  const uint64_t free = text & ~(comment | name | symbol | k.continuation | trailing);
  const uint64_t spaces = k.space & free;
  const uint64_t ignored = k.ignored & free;
  const uint64_t characters = free & ~(spaces | ignored);
  const uint64_t superscripts = k.superscript & ~comment;

  // After which bytes TeX is in state M or N; ignored characters and stripped spaces let a state through.
  const uint64_t through = ignored | trailing;
  const uint64_t makes_middle = (characters & ~escape) | (k.continuation & ~(name | comment)) | (symbol & ~k.space);
  const uint64_t middle = makes_middle | flood(through, makes_middle << 1 | now.middle);
  const uint64_t new_line = terminators | flood(spaces | through, terminators << 1 | now.new_line);
  const uint64_t in_middle = middle << 1 | now.middle;
  const uint64_t in_new_line = new_line << 1 | now.new_line;
  const uint64_t space_tokens = spaces & in_middle;
  const uint64_t end_spaces = s.line_end <= line_end_effect::space ? ends & in_middle : 0;
  const uint64_t paragraphs = s.line_end == line_end_effect::space_or_paragraph ? ends & in_new_line : 0;

  findings f;
  f.tokens = characters | space_tokens | end_spaces | paragraphs;
  f.kinds = replace(categories, paragraphs, kind_paragraph);
  f.begins = k.begin_group & characters;
  f.group_ends = k.end_group & characters;
  f.superscript_pairs = superscripts & (superscripts << 1 | now.superscript);
  f.trouble = (k.odd & free) | (taken & trailing) | f.superscript_pairs;
  if (any_without_begin(f.begins, f.group_ends, now.group_depth))
    f.trouble |= first_without_begin(f.begins, f.group_ends, now.group_depth);

  if (source) {
    const uint64_t blanks = (spaces & ~space_tokens) | trailing;
    const uint64_t blank_starts = blanks & ~(blanks << 1 | now.blank);
    const uint64_t ignored_starts = ignored & ~(ignored << 1 | now.ignored);
    const uint64_t comment_starts = comment & ~(comment << 1 | now.comment);
    const uint64_t took_end = s.line_end == line_end_effect::none ? 0 : taken;
    const uint64_t bare_ends = ends & ~(end_spaces | paragraphs | took_end) & ones_below(s.size - offset);
    f.tokens |= blank_starts | ignored_starts | comment_starts | bare_ends;
    f.kinds = replace(f.kinds, blank_starts, kind_blank);
    f.kinds = replace(f.kinds, ignored_starts, kind_ignored);
    f.kinds = replace(f.kinds, comment_starts, kind_comment);
    f.kinds = replace(f.kinds, bare_ends, kind_line_end);
    f.blank = blanks;
  }

  // Where TeX could be stopped: not within a token or a comment, and a line's end begins with its trailing spaces.
  const uint64_t comment_rest = comment & (comment << 1 | now.comment);
  const uint64_t trailing_rest = trailing & (trailing << 1 | now.trailing);
  const uint64_t end_rest = terminators & ~(ends & ~((comment | trailing) << 1 | now.comment | now.trailing));
  uint64_t inside = name | taken | k.continuation | comment_rest | trailing_rest | end_rest;
  if (s.line_end == line_end_effect::none) inside |= trailing | terminators;
  const uint64_t line_begins = (terminators << 1 | now.line_end) & ~(terminators & ~ends);
  f.boundaries = (there & ~inside) | line_begins;

  f.escape = escape;
  f.name = name;
  f.comment = comment;
  f.trailing = trailing;
  f.middle = middle;
  f.new_line = new_line;
  f.terminators = terminators;
  f.carriage = k.cr;
  f.superscript = superscripts;
  f.ignored = source ? ignored : 0;
  return f;
}
