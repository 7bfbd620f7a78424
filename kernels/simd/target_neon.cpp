#include <simde/x86/sse4.2.h>

#include "kernels/simd/targets.hpp"

namespace texlex::simd::neon {

namespace { // nothing of it is to be seen elsewhere: it is compiled for other processors

#include "kernels/simd/block_128.inl"
#include "kernels/simd/block_parts.inl"
#include "kernels/simd/scan_body.inl"

} // namespace

void run(const stretch& what, uint64_t limit, progress& at) { stretch_scan{what, at}.run(limit); }

} // namespace texlex::simd::neon
