#include <simde/x86/sse4.2.h>

#include "kernels/simd/targets.hpp"

namespace texlex::simd::simd128 {

namespace { // nothing of it is to be seen elsewhere: as in every target

#if defined(__wasm_simd128__)
// SIMDe 0.7.4 makes these two byte by byte on WebAssembly, which is slower than the reference.
inline simde__m128i shuffled(simde__m128i table, simde__m128i index) {
  return wasm_i8x16_swizzle(table, wasm_v128_and(index, wasm_i8x16_splat(static_cast<int8_t>(0x8F))));
}
inline int32_t high_bits_of(simde__m128i bytes) { return static_cast<int32_t>(wasm_i8x16_bitmask(bytes)); }
#define simde_mm_shuffle_epi8 shuffled
#define simde_mm_movemask_epi8 high_bits_of
#endif

#include "kernels/simd/block_128.inl"
#include "kernels/simd/block_parts.inl"
#include "kernels/simd/scan_body.inl"

} // namespace

void run(const stretch& what, uint64_t limit, progress& at) { stretch_scan{what, at}.run(limit); }
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts) { expand_bits(bits, size, starts); }

} // namespace texlex::simd::simd128
