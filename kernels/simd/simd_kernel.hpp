// A SIMD target as a kernel: the target scans what is common, the reference the lines that have something rare.
#pragma once

#include "kernels/scan.hpp"
#include "kernels/simd/stretch.hpp"

namespace texlex::simd {

/// What `kernel::advance` does, by way of a target.
void advance(run_function target, const scan_input& input, uint64_t limit, scan_cursor& cursor,
             const scan_output& output);

} // namespace texlex::simd
