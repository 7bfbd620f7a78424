// What a call of the library takes a C++ program, for `run-python`: texlex_tokenize of a file, with its columns of
// kinds and starts, and texlex_tokens_free. Prints the nanoseconds of each repetition, a line each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "texlex/texlex.h"

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: library_calls FILE REPETITIONS WITH_STARTS(0|1)\n"), 2;
  std::ifstream file{argv[1], std::ios::binary};
  const std::string document{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
  if (!file) return std::perror(argv[1]), 1;
  const bool with_starts = std::string{argv[3]} == "1";
  for (int i = std::atoi(argv[2]); i > 0; --i) {
    const auto begin = std::chrono::steady_clock::now();
    texlex_tokens* tokens = nullptr;
    if (texlex_tokenize(document.data(), document.size(), nullptr, &tokens) != TEXLEX_OK) return 1;
    const uint32_t* starts = nullptr;
    if (with_starts && texlex_tokens_starts(tokens, &starts) != TEXLEX_OK) return 1;
    if (texlex_tokens_count(tokens) == 0 || texlex_tokens_kinds(tokens) == nullptr) return 1;
    texlex_tokens_free(tokens);
    const auto end = std::chrono::steady_clock::now();
    std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds{end - begin}.count()));
  }
  return 0;
}
