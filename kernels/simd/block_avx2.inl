// 64 bytes in two registers (AVX2).
// Included inside the target's namespace.

using part = simde__m256i;
static constexpr uint64_t parts = 2;

static inline part part_load(const uint8_t* from) {
  return simde_mm256_loadu_si256(reinterpret_cast<const simde__m256i*>(from));
}
static inline void part_store(uint8_t* to, part p) { simde_mm256_storeu_si256(reinterpret_cast<simde__m256i*>(to), p); }
static inline part part_of(uint8_t value) { return simde_mm256_set1_epi8(static_cast<int8_t>(value)); }
static inline part part_and(part a, part b) { return simde_mm256_and_si256(a, b); }
static inline part part_or(part a, part b) { return simde_mm256_or_si256(a, b); }
static inline part part_equal(part a, part b) { return simde_mm256_cmpeq_epi8(a, b); }
static inline part part_greater(part a, part b) { return simde_mm256_cmpgt_epi8(a, b); }
static inline uint32_t part_high_bits(part p) { return static_cast<uint32_t>(simde_mm256_movemask_epi8(p)); }
static inline part part_chosen(part table, part index) { return simde_mm256_shuffle_epi8(table, index); }
static inline part part_blend(part a, part b, part by_high_bit) { return simde_mm256_blendv_epi8(a, b, by_high_bit); }
// Of the two bytes a shift works on, only the bits that stay within each are looked at.
static inline part part_shift_left(part p, int bits) { return simde_mm256_slli_epi16(p, bits); }
static inline part part_shift_right(part p, int bits) { return simde_mm256_srli_epi16(p, bits); }
static inline part part_table(const uint8_t* table) {
  return simde_mm256_broadcastsi128_si256(simde_mm_loadu_si128(reinterpret_cast<const simde__m128i*>(table)));
}

// A byte of ones for every one of the mask's lower bits.
static inline part part_of_mask(uint64_t mask) {
  const part each_byte = simde_mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
  const part each_bit = simde_mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201u));
  const part spread = simde_mm256_shuffle_epi8(simde_mm256_set1_epi32(static_cast<int32_t>(mask)), each_byte);
  return simde_mm256_cmpeq_epi8(simde_mm256_and_si256(spread, each_bit), each_bit);
}

static inline void store_places(simde__m128i places, uint32_t base, uint32_t* to) {
  const simde__m256i first = simde_mm256_set1_epi32(static_cast<int32_t>(base));
  simde_mm256_storeu_si256(reinterpret_cast<simde__m256i*>(to),
                           simde_mm256_add_epi32(first, simde_mm256_cvtepu8_epi32(places)));
}
