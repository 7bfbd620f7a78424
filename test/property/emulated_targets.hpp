// The SIMD targets compiled without their instruction sets: what SIMDe makes of them on any processor.
#pragma once

#include <array>

#include "kernels/scan.hpp"

namespace texlex::test {

extern const std::array<kernel, 2> emulated_kernels;

} // namespace texlex::test
