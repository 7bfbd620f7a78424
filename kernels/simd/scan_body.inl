// The algorithm of every SIMD target, over the vocabulary of a block file: bytes, load, store, equal, below, high_bits,
// chosen, lookup64, lookup, ascii_lookup, select, replace, emit_kinds, emit_starts. 64 bytes become bit masks, one bit a byte, lowest
// first; what TeX does from left to right is done on all bits at once by shifts and by additions, whose carry runs
// upwards through a run of ones.
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
//
// Most blocks are done by `usual_blocks`, which leaves out what few of them have; the others by `any_block`.
// Included inside the target's namespace.

#include "kernels/simd/masks.inl"

// What a lead byte alone may say of the category of its characters: nothing, if they differ, if there is one among them
// that has to be looked at, or if it is an unusual one.
static constexpr uint8_t lead_mixed = 0xFE, lead_unknown = 0xFF;

class stretch_scan {
public:
  stretch_scan(const stretch& what, progress& at)
    : s(what), p(at), table(own_table(), what.high != nullptr ? what.high : low) {
    for (uint8_t& each : lead_categories) each = lead_unknown;
  }

  void run(uint64_t limit) {
    if (s.start_bits != nullptr) return s.source_view ? run_form<form{true, true}>(limit)
                                                      : run_form<form{false, true}>(limit);
    return s.source_view ? run_form<form{true, false}>(limit) : run_form<form{false, false}>(limit);
  }

private:
  template <form f>
  void run_form(uint64_t limit) {
    take_up<f>();
    uint64_t offset = p.offset;
    const uint64_t last = s.size >= 64 ? s.size - 64 : 0; // blocks that begin before this have a byte behind them
    const uint64_t whole = limit >= s.size ? last : limit >= 64 ? limit - 63 : 0; // and these end before the limit
    for (;;) {
      offset = usual_blocks<f>(offset, whole < last ? whole : last);
      if (s.size - offset < 64) return last_block<f>(offset, limit);
      if (!any_block<f>(load(s.document + offset), offset, 64, limit)) return;
      offset += 64;
    }
  }

  // Goes on as long as it meets none but usual blocks.
  template <form f>
  uint64_t usual_blocks(uint64_t offset, uint64_t end) {
    while (offset < end && usual_rules && c.unusual() == 0) {
      const uint64_t before = offset;
      if (s.high != nullptr) return usual_blocks<f, text::eight_bit>(offset, end);
      if (c.continuation == 0) offset = usual_blocks<f, text::ascii>(offset, end);
      if (offset < end && (c.continuation | high_bits(load(s.document + offset))) != 0)
        offset = usual_blocks<f, text::utf8>(offset, end);
      if (offset == before) break;
    }
    return offset;
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

  template <form f>
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
    if (f.bitmap) c.start_bits = s.start_bits[begin >> 6] & ones_below(begin & 63);
  }

  void come_to_rest(uint64_t offset) {
    p.offset = offset;
    p.token_count = c.token_count;
    p.group_depth = c.group_depth;
    p.state = c.middle != 0     ? state_before::middle
              : c.new_line != 0 ? state_before::new_line
                                : state_before::skipping_blanks;
    p.run = c.blank != 0 ? kind_blank : c.ignored != 0 ? kind_ignored : uint8_t{0};
  }

  // The document's last bytes, with an end of line behind them if they have none. Nothing beyond the document is read.
  template <form f>
  void last_block(uint64_t offset, uint64_t limit) {
    uint64_t count = s.size - offset;
    uint8_t padded[64];
    for (uint64_t i = 0; i < 64; ++i) padded[i] = i < count ? s.document[offset + i] : uint8_t{'\n'};
    if (s.size == 0 || !ends_line(s.document[s.size - 1])) ++count;
    if (f.bitmap) s.start_bits[s.size >> 6] = c.start_bits; // if the last block is empty
    if (count > 0 && !any_block<f>(load(padded), offset, count, limit)) return;
    p.offset = s.size;
    p.token_count = c.token_count;
    p.group_depth = c.group_depth;
    p.finished = true;
  }

  // Writes a block's tokens and counts them; may write up to 64 entries.
  template <form f>
  void write(bytes kinds, uint64_t tokens, uint64_t offset, carried& now) const {
    emit_kinds(kinds, tokens, s.kinds + now.token_count);
    if constexpr (f.bitmap) {
      write_bits(tokens, offset, now);
    } else {
      emit_starts(tokens, static_cast<uint32_t>(offset), s.starts + now.token_count);
    }
    now.token_count += count_ones(tokens);
  }

  // A block may begin at any bit of a word.
  void write_bits(uint64_t tokens, uint64_t offset, carried& now) const {
    s.start_bits[offset >> 6] = now.start_bits | tokens << (offset & 63);
    now.start_bits = tokens >> 1 >> (~offset & 63);
  }

  template <form f, text t>
  uint64_t usual_blocks(uint64_t offset, uint64_t end);
  template <form f>
  bool any_block(bytes raw, uint64_t offset, uint64_t count, uint64_t limit);
  template <form f>
  void stop_for(uint64_t trouble, const findings& found, uint64_t offset, uint64_t count);
  uint64_t superscript_behind(uint64_t offset) const;
  void leave_state(const findings& found, uint64_t byte);
  template <bool source>
  findings find(bytes categories, const classes& k, uint64_t offset, uint64_t there, const carried& now) const;

  uint8_t category_of_lead(uint8_t lead) const;
  bytes categories_of_leads(bytes raw, uint64_t leads);
  decoded decode(bytes raw, uint64_t offset, uint64_t high, bytes categories);
  uint64_t trailing_spaces(uint64_t spaces, uint64_t ends, uint64_t offset, uint64_t count, uint64_t& trouble);
  template <form f>
  void put(const findings& found, uint64_t kept, uint64_t offset, uint64_t count);
  template <form f>
  uint64_t tokens_before(uint64_t line, uint64_t block);
  template <form f>
  void rewind(uint64_t block, uint64_t offset);

  const stretch& s;
  progress& p;
  uint8_t low[128];
  lookup table;
  alignas(64) uint8_t lead_categories[64]; ///< of the bytes from 0xC0 on, as far as they were met
  bool usual_rules = s.line_end == line_end_effect::space_or_paragraph && s.low[int{' '}] == kind_space;
  carried c;
  uint64_t begin = 0;        ///< of this stretch
  uint64_t first_token = 0;  ///< of this stretch
  uint64_t spaces_end = 0;   ///< where a run of spaces that was looked at ends, and
  bool spaces_trail = false; ///< whether the line ends there
};

#include "kernels/simd/groups.inl"

#include "kernels/simd/decode.inl"

#include "kernels/simd/find.inl"

#include "kernels/simd/usual_blocks.inl"

#include "kernels/simd/any_block.inl"
#include "kernels/simd/expand.inl"
