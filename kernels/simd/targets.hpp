// The targets: one file each, compiled for its instruction set. A build has those of its processor's family.
#pragma once

#include "kernels/simd/stretch.hpp"

namespace texlex::simd {

namespace avx512 {
void run(const stretch& what, uint64_t limit, progress& at);
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts);
} // namespace avx512
namespace avx2 {
void run(const stretch& what, uint64_t limit, progress& at);
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts);
} // namespace avx2
namespace sse4 {
void run(const stretch& what, uint64_t limit, progress& at);
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts);
} // namespace sse4
namespace neon {
void run(const stretch& what, uint64_t limit, progress& at);
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts);
} // namespace neon
namespace simd128 {
void run(const stretch& what, uint64_t limit, progress& at);
void expand(const uint64_t* bits, uint64_t size, uint32_t* starts);
} // namespace simd128

} // namespace texlex::simd
