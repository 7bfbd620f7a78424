// A fuzz target without its fuzzer, over random inputs: so that every build with a sanitizer runs it for a while, and
// what fails can be run again. Usage: PROGRAM COUNT [SEED]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s COUNT [SEED]\n", argv[0]);
    return 2;
  }
  const uint64_t count = std::strtoull(argv[1], nullptr, 10);
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  std::printf("%s %s %llu\n", argv[0], argv[1], static_cast<unsigned long long>(seed)); // runs the same again
  std::fflush(stdout);
  std::mt19937_64 random{seed};
  for (uint64_t i = 0; i < count; ++i) {
    std::vector<uint8_t> input(random() % 242);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}
