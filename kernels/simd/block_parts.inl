// 64 bytes at a time in several registers with byte shuffles, as AVX2, SSE4.2 and NEON have them. The target gives the
// register `part`, how many `parts` make 64 bytes, and part_* of one register; through SIMDe.
// Included inside the target's namespace.

static constexpr uint64_t part_bytes = 64 / parts;

struct bytes {
  part each[parts];
};

static inline bytes load(const uint8_t* from) {
  bytes b;
  for (uint64_t i = 0; i < parts; ++i) b.each[i] = part_load(from + i * part_bytes);
  return b;
}

static inline void store(uint8_t* to, bytes b) {
  for (uint64_t i = 0; i < parts; ++i) part_store(to + i * part_bytes, b.each[i]);
}

static inline uint64_t high_bits(bytes b) {
  uint64_t mask = 0;
  for (uint64_t i = 0; i < parts; ++i) mask |= uint64_t{part_high_bits(b.each[i])} << (i * part_bytes);
  return mask;
}

static inline uint64_t equal(bytes b, uint8_t value) {
  const part wanted = part_of(value);
  for (uint64_t i = 0; i < parts; ++i) b.each[i] = part_equal(b.each[i], wanted);
  return high_bits(b);
}

// Bytes below `value`, both taken as signed: of bytes from 0x80 on the order is the unsigned one.
static inline uint64_t below(bytes b, uint8_t value) {
  const part bound = part_of(value);
  for (uint64_t i = 0; i < parts; ++i) b.each[i] = part_greater(bound, b.each[i]);
  return high_bits(b);
}

static inline bytes chosen(const uint8_t* table, bytes b) {
  const part once = part_table(table);
  for (uint64_t i = 0; i < parts; ++i) b.each[i] = part_chosen(once, b.each[i]);
  return b;
}

// From so many characters on it is worth to look at what their lead bytes tell.
static constexpr uint64_t shared_leads_min = 8;

// table[b % 64] for each byte b. Bits 4 and 5 choose among four tables.
static inline bytes lookup64(const uint8_t* table, bytes b) {
  for (uint64_t i = 0; i < parts; ++i) {
    const part index = part_and(b.each[i], part_of(0x0F));
    const part bit4 = part_shift_left(b.each[i], 3), bit5 = part_shift_left(b.each[i], 2);
    const part lower =
      part_blend(part_chosen(part_table(table), index), part_chosen(part_table(table + 16), index), bit4);
    const part upper =
      part_blend(part_chosen(part_table(table + 32), index), part_chosen(part_table(table + 48), index), bit4);
    b.each[i] = part_blend(lower, upper, bit5);
  }
  return b;
}

// The high bit for every category a common block has none of: 5, 9, 14 and 15.
static inline bytes uncommon_marks(bytes categories) {
  alignas(16) static const uint8_t marks[16] = {0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x80, 0x80};
  return chosen(marks, categories);
}

// The categories of 64 bytes. A category is four bits, so that a table of 16 bytes holds those of 32: of a byte and of
// the byte 64 above it. Bits 4 and 5 choose the table, bit 6 the half.
struct lookup {
  part low[4], high[4];

  explicit lookup(const uint8_t* low128, const uint8_t* high128) {
    pack(low128, low);
    pack(high128, high);
  }

  bytes operator()(bytes b) const {
    for (uint64_t i = 0; i < parts; ++i) b.each[i] = of_part(low, b.each[i]);
    return b;
  }

  bytes with_high(bytes b) const {
    for (uint64_t i = 0; i < parts; ++i)
      b.each[i] = part_blend(of_part(low, b.each[i]), of_part(high, b.each[i]), b.each[i]);
    return b;
  }

  static void pack(const uint8_t* table, part* to) {
    for (int i = 0; i < 4; ++i) {
      alignas(16) uint8_t packed[16];
      for (int j = 0; j < 16; ++j)
        packed[j] = static_cast<uint8_t>(table[16 * i + j] | table[16 * i + j + 64] << 4);
      to[i] = part_table(packed);
    }
  }

  static part of_part(const part* tables, part b) {
    const part index = part_and(b, part_of(0x0F));
    const part bit4 = part_shift_left(b, 3), bit5 = part_shift_left(b, 2), bit6 = part_shift_left(b, 1);
    const part lower = part_blend(part_chosen(tables[0], index), part_chosen(tables[1], index), bit4);
    const part upper = part_blend(part_chosen(tables[2], index), part_chosen(tables[3], index), bit4);
    const part pair = part_blend(lower, upper, bit5);
    return part_and(part_blend(pair, part_shift_right(pair, 4), bit6), part_of(0x0F));
  }
};

// The categories of ASCII, and whether a block has one of those that make it uncommon.
struct ascii_lookup {
  part low[4];

  explicit ascii_lookup(const uint8_t* low128) { lookup::pack(low128, low); }

  bytes operator()(bytes b) const {
    for (uint64_t i = 0; i < parts; ++i) b.each[i] = lookup::of_part(low, b.each[i]);
    return b;
  }

  static uint64_t uncommon(bytes categories) { return high_bits(uncommon_marks(categories)); }
  static bool any_uncommon(bytes raw, bytes categories) {
    const bytes marks = uncommon_marks(categories);
    part any = part_or(raw.each[0], marks.each[0]);
    for (uint64_t i = 1; i < parts; ++i) any = part_or(any, part_or(raw.each[i], marks.each[i]));
    return part_high_bits(any) != 0;
  }
};

// Bytes of `other` where the mask has ones.
static inline bytes select(bytes b, bytes other, uint64_t where) {
  for (uint64_t i = 0; i < parts; ++i)
    b.each[i] = part_blend(b.each[i], other.each[i], part_of_mask(where >> (i * part_bytes)));
  return b;
}

static inline bytes replace(bytes b, uint64_t where, uint8_t value) {
  if (where == 0) return b;
  const part wanted = part_of(value);
  for (uint64_t i = 0; i < parts; ++i)
    b.each[i] = part_blend(b.each[i], wanted, part_of_mask(where >> (i * part_bytes)));
  return b;
}

// For each set of eight bits the places of its ones, in order; the rest is 0.
struct place_table {
  uint64_t of[256];
  constexpr place_table() : of() {
    for (unsigned set = 0; set < 256; ++set) {
      int count = 0;
      for (unsigned i = 0; i < 8; ++i)
        if ((set >> i & 1) != 0) of[set] |= uint64_t{i} << (8 * count++);
    }
  }
};
static constexpr place_table ordered_places;

static inline simde__m128i places_in(uint64_t eight) {
  return simde_mm_cvtsi64_si128(static_cast<int64_t>(ordered_places.of[eight & 0xFF]));
}

// Writes the chosen bytes of `kinds`; may write up to 64.
static inline void emit_kinds(bytes kinds, uint64_t where, uint8_t* to) {
  alignas(64) uint8_t from[64];
  store(from, kinds);
  for (uint32_t i = 0; i < 8; ++i, where >>= 8) {
    const simde__m128i eight = simde_mm_loadl_epi64(reinterpret_cast<const simde__m128i*>(from + 8 * i));
    simde_mm_storel_epi64(reinterpret_cast<simde__m128i*>(to), simde_mm_shuffle_epi8(eight, places_in(where)));
    to += __builtin_popcountll(where & 0xFF);
  }
}

// Writes the places of the ones from `base` on; may write up to 64 entries.
static inline void emit_starts(uint64_t where, uint32_t base, uint32_t* to) {
  for (uint32_t i = 0; i < 8; ++i, where >>= 8) {
    store_places(places_in(where), base + 8 * i, to);
    to += __builtin_popcountll(where & 0xFF);
  }
}
