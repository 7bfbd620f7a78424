#include "clients/cli/bench/document_mix.hpp"

#include <algorithm>
#include <charconv>

#include <spdlog/fmt/fmt.h>

namespace texlex::load {
namespace {

std::variant<weighted_name, mix_error> parse_part(std::string_view part) {
  const size_t equals = part.rfind('=');
  weighted_name result{std::string{part.substr(0, equals)}, 1};
  if (equals != std::string_view::npos) {
    const char* const end = part.data() + part.size();
    const auto [stopped, error] = std::from_chars(part.data() + equals + 1, end, result.weight);
    if (error != std::errc{} || stopped != end || result.weight == 0 || result.weight > weight_max)
      return mix_error{fmt::format("the weight in \"{}\" is not a whole number from 1 to {}", part, weight_max)};
  }
  if (result.name.empty()) return mix_error{fmt::format("\"{}\" names no document; a mix is a=80,b=20", part)};
  return result;
}

} // namespace

std::variant<std::vector<weighted_name>, mix_error> parse_mix(std::string_view text) {
  std::vector<weighted_name> names;
  for (;;) {
    const size_t comma = text.find(',');
    auto part = parse_part(text.substr(0, comma));
    if (auto* error = std::get_if<mix_error>(&part)) return std::move(*error);
    auto& named = std::get<weighted_name>(part);
    if (std::ranges::any_of(names, [&](const weighted_name& other) { return other.name == named.name; }))
      return mix_error{fmt::format("the mix names \"{}\" twice", named.name)};
    if (names.size() == documents_max)
      return mix_error{fmt::format("the mix has more than {} documents", documents_max)};
    names.push_back(std::move(named));
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

document_mix::document_mix(std::span<const uint32_t> weights, uint64_t seed) : chance_(seed) {
  uint64_t sum = 0;
  for (const uint32_t weight : weights) bounds_.push_back(sum += weight);
}

size_t document_mix::next() {
  if (bounds_.size() == 1) return 0;
  // The remainder's bias is below 256 million in 2^64, which no run is long enough to see.
  const uint64_t drawn = chance_() % bounds_.back();
  return static_cast<size_t>(std::ranges::upper_bound(bounds_, drawn) - bounds_.begin());
}

} // namespace texlex::load
