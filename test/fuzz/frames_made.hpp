// How many frames of the protocol a target has made so far, each of them right once, changed, or never right.
#pragma once

#include <cstdint>

namespace texlex::test {

inline uint64_t frames_made = 0;

} // namespace texlex::test
