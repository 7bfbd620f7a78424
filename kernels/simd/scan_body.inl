// The algorithm of every SIMD target, over the vocabulary of a block file: bytes, load, store, equal, below, high_bits,
// chosen, lookup, replace, emit. 64 bytes become bit masks, one bit a byte, lowest first; what TeX does from left to right is done on
// all bits at once by shifts and by additions, whose carry runs upwards through a run of ones.
//
//   bytes      \foo  x% note⏎
//   escape     1
//   name        111              a run of letters right behind an escape
//   middle          (nothing)    after these bytes TeX is in state M
//   space_tok                    a blank whose predecessor leaves state M
//   comment            111111    from the first comment character to the line's end
//   tokens     1     1
//
// What is rare is not done here: `^^` notation, issues, odd categories beyond ASCII. It ends the stretch at the start
// of its line, and the reference reads that line. Every mask is of bytes of this block; what the next block must know
// is in `carried`.
// Included inside the target's namespace.

static constexpr uint64_t even_bits = 0x5555555555555555u;

// Kinds and categories by their numbers (runtime/token.hpp, kernels/catcode.hpp).
static constexpr uint8_t kind_space = 10, kind_paragraph = 16, kind_comment = 17, kind_blank = 18, kind_line_end = 19,
                         kind_ignored = 20;

// The runs of ones in `runs` that have a bit of `seeds`, from that bit upwards. At most one seed a run counts.
static inline uint64_t flood(uint64_t runs, uint64_t seeds) {
  seeds &= runs;
  return (runs & ~(runs + seeds)) | seeds;
}

static inline uint64_t ones_below(uint64_t bit) { return bit >= 64 ? ~uint64_t{0} : (uint64_t{1} << bit) - 1; }
static inline uint64_t count_ones(uint64_t mask) { return static_cast<uint64_t>(__builtin_popcountll(mask)); }
static inline uint64_t lowest(uint64_t mask) { return mask == 0 ? 64 : static_cast<uint64_t>(__builtin_ctzll(mask)); }

// The bits of `mask` at the ones of `places`, moved together.
static inline uint64_t gathered(uint64_t mask, uint64_t places) {
#if defined(__BMI2__)
  return _pext_u64(mask, places);
#else
  uint64_t result = 0;
  for (int n = 0; places != 0; places &= places - 1, ++n) result |= (mask >> lowest(places) & 1) << n;
  return result;
#endif
}

static inline bool ends_line(uint8_t byte) { return byte == '\n' || byte == '\r'; }

// What the last byte of a block leaves behind: each 0 or 1, but for `continuation`; and what is counted.
struct carried {
  uint64_t escape = 0; ///< an escape that takes the next character
  uint64_t name = 0;   ///< the name may go on
  uint64_t middle = 0; ///< state M
  uint64_t new_line = 0;
  uint64_t superscript = 0;
  uint64_t blank = 0; ///< a blank run of the source view

  uint64_t continuation = 0; ///< low bits: bytes of the next block that belong to its last character
  uint64_t letters = 0;      ///< 1 if that is a letter

  // A common block leaves none of these.
  uint64_t comment = 0;
  uint64_t carriage = 0; ///< a CR, whose LF may follow
  uint64_t ignored = 0;  ///< an ignored run of the source view

  uint64_t token_count = 0;
  uint64_t group_depth = 0;

  uint64_t uncommon() const { return comment | carriage | ignored; }
};

// Bytes of a block by what they are. Continuation bytes are what their character is. What a common block has none of
// is 0 from the start, so that the compiler leaves it out there.
struct classes {
  uint64_t escape, letter, space, superscript, begin_group, end_group;
  uint64_t comment = 0, ignored = 0;
  uint64_t odd = 0;          ///< of categories that end the stretch unless they are in a name or a comment
  uint64_t continuation = 0; ///< not the first byte of its character
  uint64_t lf = 0, cr = 0;
  uint64_t trailing = 0; ///< spaces right before a line's end
};

// What becomes of a block's bytes.
struct findings {
  bytes kinds;
  uint64_t tokens, begins, group_ends, trouble;
};

class stretch_scan {
public:
  stretch_scan(const stretch& what, progress& at)
    : s(what), p(at), table(own_table(), what.high != nullptr ? what.high : low) {}

  void run(uint64_t limit) {
    if (s.source_view) return run_view<true>(limit);
    run_view<false>(limit);
  }

private:
  template <bool source>
  void run_view(uint64_t limit) {
    take_up();
    uint64_t offset = p.offset;
    carried now = c; // nobody has its address, so it stays in registers
    for (; s.size - offset >= 64; offset += 64) {
      const bytes raw = load(s.document + offset);
      if (!common_block<source>(raw, offset, now)) {
        c = now;
        if (!any_block<source>(raw, offset, 64)) return;
        now = c;
      }
      if (offset + 64 >= limit && offset + 64 < s.size && rest(offset + 64, now)) return;
    }
    c = now;
    last_block<source>(offset);
  }

  // The table as it is needed here: LF is a space, as its token is one if there is any; CR and NUL are of categories
  // that no common block has, and are looked for apart.
  const uint8_t* own_table() {
    for (int half = 0; half < 2; ++half) store(low + 64 * half, load(s.low + 64 * half));
    low[0] = 15;
    low[static_cast<int>('\n')] = kind_space;
    low[static_cast<int>('\r')] = 5;
    return low;
  }

  void take_up() {
    begin = p.offset;
    first_token = p.token_count;
    c = carried{};
    c.middle = p.state == state_before::middle;
    c.new_line = p.state == state_before::new_line;
    c.blank = p.run == kind_blank;
    c.ignored = p.run == kind_ignored;
    c.token_count = p.token_count;
    c.group_depth = p.group_depth;
  }

  // Comes to rest at a block's end, if nothing is pending there.
  bool rest(uint64_t offset, const carried& now) {
    if ((now.escape | now.name | now.superscript | now.comment | now.carriage | now.continuation) != 0) return false;
    p.offset = offset;
    p.token_count = now.token_count;
    p.group_depth = now.group_depth;
    p.state = now.middle != 0     ? state_before::middle
              : now.new_line != 0 ? state_before::new_line
                                  : state_before::skipping_blanks;
    p.run = now.blank != 0 ? kind_blank : now.ignored != 0 ? kind_ignored : uint8_t{0};
    return true;
  }

  // The document's last bytes, with an end of line behind them if they have none. Nothing beyond the document is read.
  template <bool source>
  void last_block(uint64_t offset) {
    uint64_t count = s.size - offset;
    uint8_t padded[64];
    for (uint64_t i = 0; i < 64; ++i) padded[i] = i < count ? s.document[offset + i] : uint8_t{'\n'};
    if (s.size == 0 || !ends_line(s.document[s.size - 1])) ++count;
    if (count > 0 && !any_block<source>(load(padded), offset, count)) return;
    p.offset = s.size;
    p.token_count = c.token_count;
    p.group_depth = c.group_depth;
    p.finished = true;
  }

  template <bool source>
  bool common_block(bytes raw, uint64_t offset, carried& now);
  template <bool source, bool multibyte>
  bool common_block_of(bytes raw, bytes categories, uint64_t high, uint64_t offset, carried& now);
  template <bool source>
  bool any_block(bytes raw, uint64_t offset, uint64_t count);
  template <bool common, bool source>
  findings find(bytes categories, const classes& k, uint64_t offset, uint64_t there, carried& now) const;

  uint64_t decode(bytes raw, uint64_t offset, uint64_t high, bytes& categories, classes& k, carried& now) const;
  uint64_t trailing_spaces(uint64_t spaces, uint64_t ends, uint64_t offset, uint64_t count);
  void put(const findings& f, uint64_t kept, uint64_t offset, uint64_t count);
  void rewind(uint64_t offset);

  const stretch& s;
  progress& p;
  uint8_t low[128];
  lookup table;
  carried c;
  uint64_t begin = 0;        ///< of this stretch
  uint64_t first_token = 0;  ///< of this stretch
  uint64_t spaces_end = 0;   ///< where a run of spaces that was looked at ends, and
  bool spaces_trail = false; ///< whether the line ends there
};

// The characters of Unicode that change the direction of the text around them; an issue, so not for us.
static inline bool is_bidirectional_control(uint32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069);
}

// Characters beyond ASCII. Which bytes begin, which continue follows from masks alone, and so does nearly all that can be
// malformed (The Unicode Standard, table 3-7); the characters' codes are only needed for their categories.
[[gnu::always_inline]] inline uint64_t stretch_scan::decode(bytes raw, uint64_t offset, uint64_t high, bytes& categories,
                                                            classes& k, carried& now) const {
  const uint64_t continuation = high & below(raw, 0xC0);
  const uint64_t leads = high & ~continuation;
  const uint64_t longer = high & ~below(raw, 0xE0), longest = high & ~below(raw, 0xF0);
  const uint64_t expected = leads << 1 | longer << 2 | longest << 3 | now.continuation;
  uint64_t trouble = (expected ^ continuation) | (leads & below(raw, 0xC2)) | (longest & ~below(raw, 0xF5));
  now.continuation = leads >> 63 | longer >> 62 | longest >> 61;

  uint8_t patched[64], padded[67];
  const uint8_t* from = s.document + offset;
  if (s.size - offset < sizeof padded) {
    for (uint64_t i = 0; i < sizeof padded; ++i) padded[i] = i < s.size - offset ? from[i] : uint8_t{0};
    from = padded;
  }
  store(patched, categories);
  uint64_t letters = 0, unusual = 0;
  const auto look_up = [&](uint64_t at, uint32_t code) {
    const uint8_t category = s.pages[s.page_of[code >> 8]][code & 0xFF];
    patched[at] = category;
    letters |= uint64_t{category == 11} << at;
    const bool usual = (0x3958 >> category & 1) != 0; // 3, 4, 6, 8, 11 to 13
    unusual |= uint64_t{!usual || is_bidirectional_control(code)} << at;
  };
  for (uint64_t left = leads & ~longer; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    look_up(at, (from[at] & 0x1Fu) << 6 | (from[at + 1] & 0x3Fu));
  }
  for (uint64_t left = longer & ~longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code = (from[at] & 0x0Fu) << 12 | (from[at + 1] & 0x3Fu) << 6 | (from[at + 2] & 0x3Fu);
    look_up(at, code);
    trouble |= uint64_t{code < 0x800 || code >> 11 == 0xD800 >> 11} << at;
  }
  for (uint64_t left = longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code = (from[at] & 0x07u) << 18 | (from[at + 1] & 0x3Fu) << 12 | (from[at + 2] & 0x3Fu) << 6
                          | (from[at + 3] & 0x3Fu);
    const bool in_range = code >= 0x10000 && code <= 0x10FFFF;
    look_up(at, in_range ? code : 0);
    trouble |= uint64_t{!in_range} << at;
  }
  categories = load(patched);
  k.continuation = continuation;
  letters |= (letters << 1 | (now.letters & 1)) & continuation; // a letter's bytes are letters
  letters |= letters << 1 & continuation;
  letters |= letters << 1 & continuation;
  k.letter |= letters;
  now.letters = letters >> 63;
  return trouble | unusual;
}

// Spaces right before a line's end, which TeX strips. A run at the block's end is followed to its own end, and what was
// found is kept, so that a long run is walked once.
inline uint64_t stretch_scan::trailing_spaces(uint64_t spaces, uint64_t ends, uint64_t offset, uint64_t count) {
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
    spaces_end = next;
    while (spaces_end < s.size && s.document[spaces_end] == ' ') ++spaces_end;
    spaces_trail = spaces_end == s.size || ends_line(s.document[spaces_end]);
  }
  if (!spaces_trail) return trailing;
  const uint64_t others = ~spaces;
  const uint64_t from = others == 0 ? 0 : 64 - static_cast<uint64_t>(__builtin_clzll(others));
  return trailing | ~ones_below(from);
}

// How far eight groupings go below where they began, at most; bit i is set if the i-th is an end.
struct depth_table {
  uint8_t below[256];
  constexpr depth_table() : below() {
    for (int each = 0; each < 256; ++each) {
      int depth = 0;
      for (int i = 0; i < 8; ++i) {
        depth += (each >> i & 1) != 0 ? -1 : 1;
        if (-depth > below[each]) below[each] = static_cast<uint8_t>(-depth);
      }
    }
  }
};
static constexpr depth_table depths;

// Whether an end-group has no begin-group, in a block that has begun at that depth. Eight groupings at a time.
static inline bool any_without_begin(uint64_t begins, uint64_t ends, uint64_t depth) {
  uint64_t all = begins | ends;
  uint64_t which = gathered(ends, all);
  for (uint64_t left = count_ones(all);; left -= 8, which >>= 8) {
    if (depths.below[which & 0xFF] > depth) return true;
    if (left <= 8) return false;
    depth += 8 - 2 * count_ones(which & 0xFF);
  }
}

// Where that is, as a bit.
static inline uint64_t first_without_begin(uint64_t begins, uint64_t ends, uint64_t depth) {
  for (uint64_t left = begins | ends; left != 0; left &= left - 1) {
    const uint64_t bit = left & -left;
    if ((bit & begins) != 0) {
      ++depth;
    } else if (depth-- == 0) {
      return bit;
    }
  }
  return 0;
}

// The heart: what TeX does from left to right, for all bytes at once. `now` goes from before this block to behind it,
// except for its counts; after trouble it means nothing.
template <bool common, bool source>
[[gnu::always_inline]] inline findings stretch_scan::find(bytes categories, const classes& k, uint64_t offset,
                                                          uint64_t there, carried& now) const {
  const uint64_t terminators = k.lf | k.cr;
  const uint64_t ends = terminators & ~(k.lf & (k.cr << 1 | now.carriage));
  const uint64_t text = there & ~terminators;

  // Of a run of escapes every other one takes the next character, beginning with its first.
  uint64_t escape = k.escape & ~now.escape;
  if (!common) {
    const uint64_t from_even = flood(escape, escape & ~(escape << 1) & even_bits);
    escape = (escape & from_even & even_bits) | (escape & ~from_even & ~even_bits);
  }
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
  f.trouble = (k.odd & free) | (taken & trailing) | (superscripts & (superscripts << 1 | now.superscript));
  if (any_without_begin(f.begins, f.group_ends, now.group_depth))
    f.trouble |= common ? 1 : first_without_begin(f.begins, f.group_ends, now.group_depth);

  if (source) {
    const uint64_t blanks = (spaces & ~space_tokens) | trailing;
    const uint64_t blank_starts = blanks & ~(blanks << 1 | now.blank);
    const uint64_t ignored_starts = ignored & ~(ignored << 1 | now.ignored);
    const uint64_t comment_starts = comment & ~(comment << 1 | now.comment);
    const uint64_t took_end = s.line_end == line_end_effect::none ? 0 : taken;
    const uint64_t bare_ends = ends & ~(end_spaces | paragraphs | took_end) & ones_below(s.size - offset);
    f.tokens |= blank_starts | ignored_starts | comment_starts | bare_ends;
    f.kinds = replace(f.kinds, blank_starts, kind_blank);
    if (!common) f.kinds = replace(f.kinds, ignored_starts, kind_ignored);
    if (!common) f.kinds = replace(f.kinds, comment_starts, kind_comment);
    f.kinds = replace(f.kinds, bare_ends, kind_line_end);
    now.blank = blanks >> 63;
    now.ignored = ignored >> 63;
  }
  now.escape = escape >> 63;
  now.name = name >> 63;
  now.comment = comment >> 63;
  now.middle = middle >> 63;
  now.new_line = new_line >> 63;
  now.carriage = k.cr >> 63;
  now.superscript = superscripts >> 63;
  return f;
}

// The high bit for every category a common block has none of: 5, 9, 14 and 15.
static inline bytes marked(bytes categories) {
  alignas(16) static const uint8_t marks[16] = {0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x80, 0x80};
  return chosen(marks, categories);
}

// Most blocks: no comment, no run of escapes, no space before a line's end. False if this is none of them, or has
// trouble; then nothing has happened.
template <bool source>
[[gnu::always_inline]] inline bool stretch_scan::common_block(bytes raw, uint64_t offset, carried& now) {
  const bool eight_bit = s.high != nullptr;
  const bytes categories = eight_bit ? table.with_high(raw) : table(raw);
  const uint64_t high = eight_bit ? 0 : high_bits(raw);
  const uint64_t uncommon = high_bits(marked(categories)) & ~high;
  if ((uncommon | now.uncommon()) != 0) return false;
  if ((high | now.continuation) != 0) return common_block_of<source, true>(raw, categories, high, offset, now);
  return common_block_of<source, false>(raw, categories, 0, offset, now);
}

template <bool source, bool multibyte>
[[gnu::always_inline]] inline bool stretch_scan::common_block_of(bytes raw, bytes categories, uint64_t high,
                                                                 uint64_t offset, carried& now) {
  classes k;
  k.lf = equal(raw, '\n');
  k.escape = equal(categories, 0) & ~high;
  k.begin_group = equal(categories, 1) & ~high;
  k.end_group = equal(categories, 2) & ~high;
  k.superscript = equal(categories, 7) & ~high;
  k.space = equal(categories, kind_space) & ~(k.lf | high);
  k.letter = equal(categories, 11) & ~high;
  const uint64_t spaces20 = equal(raw, ' ');
  const uint64_t escapes_meet = k.escape & (k.escape << 1 | now.escape);
  if ((escapes_meet | (k.lf & spaces20 << 1)) != 0) return false;
  if (spaces20 >> 63 != 0) {
    if (offset + 64 == s.size) return false;
    const uint8_t next = s.document[offset + 64];
    if (next == ' ' || ends_line(next)) return false;
  }
  carried after = now;
  after.comment = after.carriage = after.ignored = 0;
  if (multibyte) {
    if (decode(raw, offset, high, categories, k, after) != 0) return false;
  } else {
    after.continuation = 0;
  }
  const findings f = find<true, source>(categories, k, offset, ~uint64_t{0}, after);
  if (f.trouble != 0) return false;
  emit(f.kinds, f.tokens, static_cast<uint32_t>(offset), s.kinds + now.token_count, s.starts + now.token_count);
  after.token_count += count_ones(f.tokens);
  after.group_depth += count_ones(f.begins) - count_ones(f.group_ends);
  now = after;
  return true;
}

// Any block, of which the first `count` bytes are there; false if it has trouble and the stretch has come to rest.
template <bool source>
[[gnu::noinline]] bool stretch_scan::any_block(bytes raw, uint64_t offset, uint64_t count) {
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
  if (!eight_bit && (high | c.continuation) != 0) trouble |= decode(raw, offset, high, categories, k, c);

  const uint64_t spaces20 = equal(raw, ' ') & there;
  const uint64_t terminators = k.lf | k.cr;
  if ((terminators & spaces20 << 1) != 0 || spaces20 >> 63 != 0) {
    k.trailing = trailing_spaces(spaces20, terminators, offset, count);
    k.escape &= ~k.trailing;
    k.letter &= ~k.trailing;
    k.comment &= ~k.trailing;
    k.superscript &= ~k.trailing;
  }
  categories = replace(categories, k.cr, kind_space);
  const findings f = find<false, source>(categories, k, offset, there, c);
  trouble = (trouble | f.trouble) & there;
  if (trouble == 0) {
    put(f, ~uint64_t{0}, offset, count);
    return true;
  }

  p.trouble = true;
  const uint64_t line_ends = terminators & ~(k.cr & k.lf >> 1) & ones_below(lowest(trouble));
  if (line_ends == 0) {
    rewind(offset + lowest(trouble));
    return false;
  }
  const uint64_t line = 64 - static_cast<uint64_t>(__builtin_clzll(line_ends)); // its line begins in this block
  put(f, ones_below(line), offset, count);
  c = carried{.new_line = 1, .token_count = c.token_count, .group_depth = c.group_depth};
  rest(offset + line, c);
  return false;
}

// There are never more tokens than bytes before them, so a whole block's entries fit in behind; the last block's are
// copied one by one.
inline void stretch_scan::put(const findings& f, uint64_t kept, uint64_t offset, uint64_t count) {
  uint8_t* const kinds_to = s.kinds + c.token_count;
  uint32_t* const starts_to = s.starts + c.token_count;
  const uint64_t tokens = f.tokens & kept;
  const uint64_t added = count_ones(tokens);
  if (count == 64 && offset + 64 <= s.size) {
    emit(f.kinds, tokens, static_cast<uint32_t>(offset), kinds_to, starts_to);
  } else {
    uint8_t last_kinds[64];
    uint32_t last_starts[64];
    emit(f.kinds, tokens, static_cast<uint32_t>(offset), last_kinds, last_starts);
    for (uint64_t i = 0; i < added; ++i) kinds_to[i] = last_kinds[i];
    for (uint64_t i = 0; i < added; ++i) starts_to[i] = last_starts[i];
  }
  c.token_count += added;
  c.group_depth += count_ones(f.begins & kept) - count_ones(f.group_ends & kept);
}

// Back to the beginning of the line that holds `offset`, or to where this stretch began: what was written for it since
// is forgotten.
inline void stretch_scan::rewind(uint64_t offset) {
  uint64_t line = offset;
  while (line > begin && !ends_line(s.document[line - 1])) --line;
  while (c.token_count > first_token && s.starts[c.token_count - 1] >= line) {
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
