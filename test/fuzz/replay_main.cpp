// The fuzz target without its fuzzer, where that does not exist: over documents made from seeds, and over files.
// Usage: replay COUNT [FILE...]
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kernels/kernels.hpp"
#include "test/support/awkward_document.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s COUNT [FILE...]\n", argv[0]);
    return 2;
  }
  const uint64_t count = std::strtoull(argv[1], nullptr, 10);
  for (uint64_t seed = 1; seed <= count; ++seed)
    run(std::string{static_cast<char>(seed * 7), static_cast<char>(seed * 31)}
        + texlex::test::awkward_document{seed}.text);
  for (int i = 2; i < argc; ++i) {
    std::ifstream in{argv[i], std::ios::binary};
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 2;
    }
    run({std::istreambuf_iterator<char>{in}, {}});
  }
  std::printf("%llu documents and %d files: every kernel agrees:", static_cast<unsigned long long>(count), argc - 2);
  for (const auto name : texlex::kernel_names()) std::printf(" %s", std::string{name}.c_str());
  std::printf("\n");
}
