// The reference kernel: the meaning of every other one. One character at a time, written to be read beside
// The TeXbook's chapters 7 and 8 and tex.web's sections 343 to 365.
#pragma once

#include "kernels/scan.hpp"

namespace texlex {

extern const kernel reference_kernel;

/// Scans on to the end of the line at hand, or, if that comes first, until `limit` is passed.
void advance_line(const scan_input& input, uint64_t limit, scan_cursor& cursor, const scan_output& output);

/// To be called once a kernel has read the whole document: tells of a group that was never ended.
void finish_scan(scan_cursor& cursor, const scan_output& output);

} // namespace texlex
