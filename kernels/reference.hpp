// The reference kernel: the meaning of every other one. One character at a time, written to be read beside
// The TeXbook's chapters 7 and 8 and tex.web's sections 343 to 365.
#pragma once

#include "kernels/scan.hpp"

namespace texlex {

extern const kernel reference_kernel;

} // namespace texlex
