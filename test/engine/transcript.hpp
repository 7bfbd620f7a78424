// Token sequences as the engine recorder writes them (README.md tells the form), made from our own tokens: equal
// texts are equal token sequences.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/scan.hpp"

namespace texlex::test {

/// The token lines of a document under a regime.
[[nodiscard]] std::string transcript_of(std::span<const uint8_t> document, const regime& regime, const kernel& kernel);

/// A recorded sequence and the regimes that gave it.
struct recorded_tokens {
  std::string case_name; ///< of a file of small cases; empty for a document
  std::vector<std::string> regimes;
  std::string lines;
};

/// Reads a transcript file. Throws std::runtime_error that names the file and line if it is not one.
[[nodiscard]] std::vector<recorded_tokens> read_transcript(const std::string& path);

/// Where two sequences part: the first line that differs, with its number; empty if they are equal.
[[nodiscard]] std::string first_difference(std::string_view recorded, std::string_view ours);

/// A small case: its name and its bytes.
struct small_case {
  std::string name;
  std::string bytes;
};

/// Reads cases.tsv. Throws std::runtime_error that names the file and line.
[[nodiscard]] std::vector<small_case> read_cases(const std::string& path);

/// A whole file. Throws std::runtime_error that names it.
[[nodiscard]] std::string read_file(const std::string& path);

} // namespace texlex::test
