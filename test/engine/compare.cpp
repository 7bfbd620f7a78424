// Compares documents with transcripts recorded from an engine just now: `engine_compare DIR FILE...`, where DIR holds
// one transcript a file. Prints a line a document and regime; ends with 1 if any token differs.
#include <cstdio>
#include <exception>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "config/regimes.hpp"
#include "kernels/kernels.hpp"
#include "test/engine/transcript.hpp"
#include "test/support/token_list.hpp"

using namespace texlex;
using namespace texlex::test;

namespace {

struct tally {
  size_t comparisons = 0;
  size_t differing = 0;
  uint64_t tokens = 0;
};

void compare(const std::string& name, const std::string& bytes, const recorded_tokens& recorded, tally& totals) {
  for (const std::string& regime_name : recorded.regimes) {
    const regime* rules = find_regime(regime_name);
    if (rules == nullptr) throw std::runtime_error{"unknown regime " + regime_name};
    const auto tokens = scan(bytes, *rules).kinds.size();
    const auto difference =
      first_difference(recorded.lines, transcript_of(bytes_of(bytes), *rules, *find_kernel("reference")));
    fmt::print("{:<24} {:<20} {:>9} tokens  {}\n", name, regime_name, tokens, difference.empty() ? "same" : difference);
    ++totals.comparisons;
    totals.differing += difference.empty() ? 0 : 1;
    totals.tokens += tokens;
  }
}

} // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) {
    fmt::print(stderr, "usage: engine_compare DIR FILE...\n");
    return 2;
  }
  try {
    tally totals;
    for (int i = 2; i < argument_count; ++i) {
      const auto name = std::filesystem::path{arguments[i]}.filename().string();
      const auto bytes = read_file(arguments[i]);
      for (const auto& recorded : read_transcript(std::string{arguments[1]} + "/" + name + ".tokens"))
        compare(name, bytes, recorded, totals);
    }
    fmt::print("{} comparisons, {} tokens, {} comparisons differ\n", totals.comparisons, totals.tokens, totals.differing);
    return totals.differing == 0 && totals.comparisons > 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "engine_compare: {}\n", error.what());
    return 3;
  }
}
