#include "clients/cli/token_parts.hpp"

#include <algorithm>

namespace texlex::cli {

std::vector<token_part> cut_tokens(const scan_input& input, const token_columns& tokens, uint64_t words) {
  std::vector<token_part> parts;
  const uint64_t words_in_all = start_words(input.document.size());
  const std::span bits{tokens.start_bits.get(), static_cast<size_t>(words_in_all)};
  position_counter position{input.document, input.regime->encoding, column_unit::code_points};
  token_deriver deriver{input.document, *input.regime};
  uint64_t first = 0;
  for (uint64_t word = 0; word < words_in_all; word += words) {
    const auto covered = bits.subspan(word, std::min(words, words_in_all - word));
    uint64_t count = 0;
    for (const uint64_t starts : covered) count += static_cast<uint64_t>(std::popcount(starts));
    if (count == 0) continue;
    const uint64_t start = start_reader{bits, word, 0}.next();
    position.go_to(start);
    deriver.find_line_of(start);
    parts.push_back({first, count, word, covered.size() * 64, position, deriver});
    first += count;
  }
  return parts;
}

std::vector<issue_part> cut_issues(const scan_input& input, const token_columns& tokens, size_t issues) {
  std::vector<issue_part> parts;
  position_counter position{input.document, input.regime->encoding, column_unit::code_points};
  for (std::span<const issue> rest = tokens.issues; !rest.empty(); rest = rest.subspan(parts.back().issues.size())) {
    position.go_to(rest.front().offset);
    parts.push_back({rest.first(std::min(issues, rest.size())), position});
  }
  return parts;
}

} // namespace texlex::cli
