// Work on masks of 64 bytes, lowest first, and what one block tells the next.
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
  uint64_t new_line = 0; ///< state N
  uint64_t line_end = 0; ///< the end of a line, or the CR of one
  uint64_t superscript = 0;
  uint64_t blank = 0; ///< a blank run of the source view

  uint64_t continuation = 0; ///< low bits: bytes of the next block that belong to its last character
  uint64_t letters = 0;      ///< 1 if that is a letter

  // A usual block leaves none of these.
  uint64_t comment = 0;
  uint64_t trailing = 0; ///< a space before a line's end
  uint64_t carriage = 0; ///< a CR, whose LF may follow
  uint64_t ignored = 0;  ///< an ignored run of the source view

  uint64_t token_count = 0;
  uint64_t group_depth = 0;
  uint64_t start_bits = 0; ///< of the bitmap's word that the next block begins in, where that is not its first bit

  uint64_t unusual() const { return comment | trailing | carriage | ignored | superscript | blank; }
};

// What is asked for, known where code is made.
struct form {
  bool source; ///< the source view
  bool bitmap; ///< starts as bits
};

// Bytes of a block by what they are. Continuation bytes are what their character is.
struct classes {
  uint64_t escape, letter, space, superscript, begin_group, end_group;
  uint64_t comment = 0, ignored = 0;
  uint64_t odd = 0;          ///< of categories that end the stretch unless they are in a name or a comment
  uint64_t continuation = 0; ///< not the first byte of its character
  uint64_t lf = 0, cr = 0;
  uint64_t trailing = 0; ///< spaces right before a line's end
};

// What is in a block beyond ASCII.
struct decoded {
  bytes categories;          ///< of all characters, at their first bytes
  uint64_t letters = 0;      ///< all bytes of them
  uint64_t continuation = 0; ///< bytes that are not the first of their character
  uint64_t trouble = 0;
  uint64_t cut_short = 0; ///< of the trouble: characters that lack bytes, up to where those should be
  uint64_t continuation_behind = 0; ///< as `carried::continuation`
};

// What is looked for in a block.
enum class text { ascii, utf8, eight_bit };

// What becomes of a block's bytes: what is written, and as one mask each what the next block or a rest must know.
struct findings {
  bytes kinds;
  uint64_t tokens, begins, group_ends, trouble;
  uint64_t superscript_pairs; ///< the second of two that meet
  uint64_t boundaries;        ///< before which TeX could be stopped
  uint64_t escape, name, comment, trailing, middle, new_line, terminators, carriage, superscript, ignored;
  uint64_t blank = 0;
};
