// A fuzz target without its fuzzer, over random inputs: so that every build with a sanitizer runs it for a while, and
// what fails can be run again. Ends after so many inputs, or after so many frames of those targets that make any.
// Usage: PROGRAM COUNT|FRAMES-frames [SEED]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "test/fuzz/frames_made.hpp"

using texlex::test::frames_made;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  char* unit = nullptr;
  const uint64_t count = argc < 2 ? 0 : std::strtoull(argv[1], &unit, 10);
  const bool by_frames = count > 0 && std::strcmp(unit, "-frames") == 0;
  if (count == 0 || argc > 3 || (*unit != '\0' && !by_frames)) {
    std::fprintf(stderr, "usage: %s COUNT|FRAMES-frames [SEED]\n", argv[0]);
    return 2;
  }
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  std::printf("%s %s %llu\n", argv[0], argv[1], static_cast<unsigned long long>(seed)); // runs the same again
  std::fflush(stdout);
  constexpr uint64_t makes_none_after = 1000;
  std::mt19937_64 random{seed};
  uint64_t inputs = 0;
  for (; by_frames ? frames_made < count : inputs < count; ++inputs) {
    if (inputs == makes_none_after && by_frames && frames_made == 0) {
      std::fprintf(stderr, "%s makes no frames: give it a number of inputs\n", argv[0]);
      return 2;
    }
    std::vector<uint8_t> input(random() % 242);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%llu inputs, %llu frames\n", static_cast<unsigned long long>(inputs),
              static_cast<unsigned long long>(frames_made));
}
