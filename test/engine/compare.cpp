// Compares documents with transcripts recorded from an engine just now: `engine_compare DIR [--cases FILE] FILE...`,
// where DIR holds one transcript a file, and one of all small cases. Prints a line a document and regime, and a line
// for each small case that differs; ends with 1 if any token differs.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
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
    if (recorded.case_name.empty() || !difference.empty())
      fmt::print("{:<28} {:<20} {:>9} tokens  {}\n", name, regime_name, tokens,
                 difference.empty() ? "same" : difference);
    ++totals.comparisons;
    totals.differing += difference.empty() ? 0 : 1;
    totals.tokens += tokens;
  }
}

void compare_cases(const std::string& folder, const std::string& path, tally& totals) {
  std::map<std::string, std::string> bytes_of_case;
  for (const auto& small : read_cases(path)) bytes_of_case[small.name] = small.bytes;
  for (const auto& recorded : read_transcript(folder + "/cases.tokens"))
    compare(recorded.case_name, bytes_of_case.at(recorded.case_name), recorded, totals);
}

void compare_document(const std::string& folder, const std::string& path, tally& totals) {
  const auto name = std::filesystem::path{path}.filename().string();
  const auto bytes = read_file(path);
  for (const auto& recorded : read_transcript(folder + "/" + name + ".tokens")) compare(name, bytes, recorded, totals);
}

int run(std::span<char*> arguments) {
  if (arguments.size() < 3) {
    fmt::print(stderr, "usage: engine_compare DIR [--cases FILE] FILE...\n");
    return 2;
  }
  const std::string folder = arguments[1];
  tally totals;
  for (size_t i = 2; i < arguments.size(); ++i) {
    if (std::string_view{arguments[i]} == "--cases" && i + 1 < arguments.size()) {
      compare_cases(folder, arguments[++i], totals);
    } else {
      compare_document(folder, arguments[i], totals);
    }
  }
  fmt::print("{} comparisons, {} tokens, {} comparisons differ\n", totals.comparisons, totals.tokens, totals.differing);
  return totals.differing == 0 && totals.comparisons > 0 ? 0 : 1;
}

} // namespace

int main(int argument_count, char** arguments) {
  try {
    return run({arguments, static_cast<size_t>(argument_count)});
  } catch (const std::exception& error) {
    fmt::print(stderr, "engine_compare: {}\n", error.what());
    return 3;
  }
}
