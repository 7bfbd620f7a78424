// 64 bytes at a time in one register, with byte permutes and compress-stores (AVX-512 BW, VBMI, VBMI2). Through SIMDe,
// so that it builds, and can be tested, where these instructions do not exist.
// Included inside the target's namespace.

using bytes = simde__m512i;

static inline bytes load(const uint8_t* from) { return simde_mm512_loadu_si512(from); }

static inline void store(uint8_t* to, bytes b) { simde_mm512_storeu_si512(to, b); }

static inline uint64_t equal(bytes b, uint8_t value) {
  return simde_mm512_cmpeq_epi8_mask(b, simde_mm512_set1_epi8(static_cast<char>(value)));
}

// Bytes below `value`, both taken as signed: of bytes from 0x80 on the order is the unsigned one.
static inline uint64_t below(bytes b, uint8_t value) {
  return simde_mm512_cmplt_epi8_mask(b, simde_mm512_set1_epi8(static_cast<char>(value)));
}

static inline uint64_t high_bits(bytes b) { return simde_mm512_movepi8_mask(b); }

// table[b] for each byte b, of which there are 16.
static inline bytes chosen(const uint8_t* table, bytes b) {
  const simde__m128i once = simde_mm_load_si128(reinterpret_cast<const simde__m128i*>(table));
  return simde_mm512_shuffle_epi8(simde_mm512_broadcast_i32x4(once), b);
}

// From so many characters on it is worth to look at what their lead bytes tell.
static constexpr uint64_t shared_leads_min = 1;

// table[b % 64] for each byte b.
static inline bytes lookup64(const uint8_t* table, bytes b) { return simde_mm512_permutexvar_epi8(b, load(table)); }

// The high bit for every category a common block has none of: 5, 9, 14 and 15.
static inline bytes uncommon_marks(bytes categories) {
  alignas(16) static const uint8_t marks[16] = {0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x80, 0x80};
  return chosen(marks, categories);
}

// The categories of 64 bytes: a table of 128 in two registers, another for the bytes from 0x80 on.
struct lookup {
  bytes low[2], high[2];

  explicit lookup(const uint8_t* low128, const uint8_t* high128) {
    for (int i = 0; i < 2; ++i) {
      low[i] = load(low128 + 64 * i);
      high[i] = load(high128 + 64 * i);
    }
  }

  bytes operator()(bytes b) const { return simde_mm512_permutex2var_epi8(low[0], b, low[1]); }

  bytes with_high(bytes b) const {
    return simde_mm512_mask_mov_epi8((*this)(b), high_bits(b), simde_mm512_permutex2var_epi8(high[0], b, high[1]));
  }
};

// The categories of ASCII, with the high bit set for those that make a block uncommon.
struct ascii_lookup {
  bytes low[2];

  explicit ascii_lookup(const uint8_t* low128) {
    for (int i = 0; i < 2; ++i) {
      const bytes categories = load(low128 + 64 * i);
      low[i] = simde_mm512_or_si512(categories, uncommon_marks(categories));
    }
  }

  bytes operator()(bytes b) const { return simde_mm512_permutex2var_epi8(low[0], b, low[1]); }

  static uint64_t uncommon(bytes categories) { return simde_mm512_movepi8_mask(categories); }
  static bool any_uncommon(bytes raw, bytes categories) {
    return simde_mm512_movepi8_mask(simde_mm512_or_si512(raw, categories)) != 0;
  }
};

// Bytes of `other` where the mask has ones.
static inline bytes select(bytes b, bytes other, uint64_t where) { return simde_mm512_mask_mov_epi8(b, where, other); }

static inline bytes replace(bytes b, uint64_t where, uint8_t value) {
  return simde_mm512_mask_mov_epi8(b, where, simde_mm512_set1_epi8(static_cast<char>(value)));
}

static inline bytes compress(bytes b, uint64_t where) {
#if defined(__AVX512VBMI2__)
  return _mm512_maskz_compress_epi8(where, b);
#else // this SIMDe has none for bytes
  alignas(64) uint8_t from[64], to[64] = {};
  simde_mm512_storeu_si512(from, b);
  for (int n = 0; where != 0; where &= where - 1) to[n++] = from[__builtin_ctzll(where)];
  return load(to);
#endif
}

static inline simde__m512i widened(simde__m128i sixteen) {
#if defined(__AVX512F__)
  return _mm512_cvtepu8_epi32(sixteen);
#else // this SIMDe has no such widening either
  alignas(16) uint8_t from[16];
  alignas(64) uint32_t to[16];
  simde_mm_store_si128(reinterpret_cast<simde__m128i*>(from), sixteen);
  for (int i = 0; i < 16; ++i) to[i] = from[i];
  return simde_mm512_loadu_si512(to);
#endif
}

// Writes the chosen bytes of `kinds`; may write up to 64.
static inline void emit_kinds(bytes kinds, uint64_t where, uint8_t* to) {
  simde_mm512_storeu_si512(to, compress(kinds, where));
}

// Writes the places of the ones from `base` on; may write up to 64 entries.
static inline void emit_starts(uint64_t where, uint32_t base, uint32_t* to) {
  alignas(64) static const uint8_t places[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const bytes chosen = compress(load(places), where);
  const simde__m512i first = simde_mm512_set1_epi32(static_cast<int32_t>(base));
  const auto store = [&](int part, simde__m128i sixteen) {
    simde_mm512_storeu_si512(to + 16 * part, simde_mm512_add_epi32(first, widened(sixteen)));
  };
  store(0, simde_mm512_extracti32x4_epi32(chosen, 0));
  store(1, simde_mm512_extracti32x4_epi32(chosen, 1));
  store(2, simde_mm512_extracti32x4_epi32(chosen, 2));
  store(3, simde_mm512_extracti32x4_epi32(chosen, 3));
}
