// Which of a corpus's files one of several runs has: told by their names alone, so that runs need not know each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace texlex::cli {

inline constexpr uint32_t shards_max = 1'000'000;

struct corpus_shard {
  uint32_t number = 1; ///< from 1
  uint32_t count = 1;

  /// Whether a file of that name, as it was given, is this shard's. Names are spread by XXH3, 64 bits.
  [[nodiscard]] bool has(std::string_view name) const noexcept;

  friend bool operator==(const corpus_shard&, const corpus_shard&) = default;
};

/// `I/N`, I from 1 to N; or a sentence that says what is wrong.
[[nodiscard]] std::variant<corpus_shard, std::string> parse_shard(std::string_view text);

} // namespace texlex::cli
