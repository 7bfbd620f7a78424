#include <simde/x86/avx512.h>

#include "kernels/simd/simd_kernel.hpp"
#include "test/property/emulated_targets.hpp"

namespace texlex::test {
namespace {

namespace wide {

using namespace texlex::simd;
#include "kernels/simd/block_avx512.inl"
#include "kernels/simd/scan_body.inl"

} // namespace wide

namespace narrow {

using namespace texlex::simd;
#include "kernels/simd/block_avx2.inl"
#include "kernels/simd/block_parts.inl"
#include "kernels/simd/scan_body.inl"

} // namespace narrow

template <class Scan>
void run(const simd::stretch& what, uint64_t limit, simd::progress& at) {
  Scan{what, at}.run(limit);
}

template <class Scan>
void advance(const scan_input& input, uint64_t limit, scan_cursor& cursor, const scan_output& output) {
  simd::advance(run<Scan>, input, limit, cursor, output);
}

} // namespace

const std::array<kernel, 2> emulated_kernels{{{"avx512, emulated", advance<wide::stretch_scan>, wide::expand_bits},
                                              {"avx2, emulated", advance<narrow::stretch_scan>, narrow::expand_bits}}};

} // namespace texlex::test
