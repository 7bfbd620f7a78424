#include "clients/cli/corpus/corpus_shard.hpp"

#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>
#include <xxhash.h>

#include "clients/cli/escaped_text.hpp"

namespace texlex::cli {
namespace {

std::optional<uint32_t> number_of(std::string_view text) noexcept {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

} // namespace

bool corpus_shard::has(std::string_view name) const noexcept {
  return XXH3_64bits(name.data(), name.size()) % count == number - 1;
}

std::variant<corpus_shard, std::string> parse_shard(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto number = number_of(text.substr(0, slash));
    const auto count = number_of(text.substr(slash + 1));
    if (number && count && *number >= 1 && *number <= *count && *count <= shards_max)
      return corpus_shard{*number, *count};
  }
  return fmt::format("--shard {} is none: it takes I/N, the I-th of N, from 1 to N, and N is {} at most",
                     escape_file_name(text), shards_max);
}

} // namespace texlex::cli
