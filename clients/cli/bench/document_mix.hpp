// Which document a request sends: each with a weight, chosen from a seed. And the text such a mix is written as on the
// command line, "small=80,large=20".
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace texlex::load {

/// Documents of one mix, and the greatest weight one may have.
inline constexpr size_t documents_max = 256;
inline constexpr uint32_t weight_max = 1'000'000;

struct weighted_name {
  std::string name;
  uint32_t weight = 1;

  friend bool operator==(const weighted_name&, const weighted_name&) = default;
};

struct mix_error {
  std::string sentence;
};

/// Names with their weights; a name alone weighs 1. A name may hold '=': the last one counts.
[[nodiscard]] std::variant<std::vector<weighted_name>, mix_error> parse_mix(std::string_view text);

class document_mix {
public:
  /// At least one weight, none of them zero.
  document_mix(std::span<const uint32_t> weights, uint64_t seed);

  /// The index of the next request's document.
  [[nodiscard]] size_t next();

private:
  std::vector<uint64_t> bounds_; ///< a document owns the numbers below its bound and not below the one before
  std::mt19937_64 chance_;
};

} // namespace texlex::load
