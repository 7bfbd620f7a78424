#include <simde/x86/sse4.2.h>

#include "kernels/simd/targets.hpp"

namespace texlex::simd::sse4 {

namespace { // nothing of it is to be seen elsewhere: it is compiled for other processors

#include "kernels/simd/block_128.inl"
#include "kernels/simd/block_parts.inl"
#include "kernels/simd/scan_body.inl"

} // namespace

void run(const stretch& what, uint64_t limit, progress& at) { stretch_scan{what, at}.run(limit); }
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts) { expand_bits(bits, size, starts); }

} // namespace texlex::simd::sse4
