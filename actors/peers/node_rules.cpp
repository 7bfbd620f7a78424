// Which nodes may work together.
#include <algorithm>
#include <string>

#include <xxhash.h>

#include "actors/peers/node_frames.hpp"
#include "kernels/regimes.hpp"

namespace texlex {

node_refusal refusal_of(const node_hello& giver, const node_hello& lender) noexcept {
  if (giver.major != lender.major) return node_refusal::another_version;
  if (giver.cluster != lender.cluster) return node_refusal::another_cluster;
  if (giver.id == lender.id) return node_refusal::itself;
  if (giver.rules != lender.rules) return node_refusal::another_rules;
  if (lender.draining) return node_refusal::leaving;
  return node_refusal::none;
}

uint64_t window_between(const node_hello& one, const node_hello& other) noexcept {
  return std::clamp(std::min(one.window_bytes, other.window_bytes), node_window_bytes_min, node_window_bytes_max);
}

// Tables alone do not tell how they are read: this is to grow whenever the same tables give other tokens.
constexpr uint64_t reading_revision = 1;

uint64_t rules_hash() {
  uint64_t hash = reading_revision;
  for (const std::string_view name : regime_names()) {
    const regime& rules = *find_regime(name);
    hash = XXH3_64bits_withSeed(name.data(), name.size(), hash);
    hash = XXH3_64bits_withSeed(&rules.end_line_character, sizeof rules.end_line_character, hash);
    hash = XXH3_64bits_withSeed(&rules.encoding, sizeof rules.encoding, hash);
    const catcode_table::layout table = rules.catcodes.memory();
    for (char32_t page = 0; page <= code_point_max >> 8; ++page)
      hash = XXH3_64bits_withSeed(table.pages[table.page_of[page]], sizeof *table.pages, hash);
  }
  return hash;
}

} // namespace texlex
