// `texlex corpus`: documents too many for one go, tokenized by runs that may end at any moment and go on where they
// were.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/exit_status.hpp"
#include "clients/cli/tokens_options.hpp"

namespace texlex::cli {

inline constexpr uint64_t document_bytes_max_default = 256u << 20;
/// Texts of a document of this size are no longer than a column of Arrow holds.
inline constexpr uint64_t document_bytes_max_largest = (1u << 30) - 1;
inline constexpr uint64_t part_bytes_max_largest = 1ull << 40;
inline constexpr uint32_t servers_wait_s_default = 10;
inline constexpr uint32_t servers_wait_s_max = 7 * 24 * 3600;

struct corpus_options {
  tokens_options tokens; ///< of these what applies; `format` is arrow or counts
  std::string journal;
  std::string out;
  std::optional<std::string> servers;
  std::optional<uint32_t> servers_wait_s;
  std::optional<std::string> shard;
  std::optional<uint64_t> document_bytes_max;
  std::optional<uint64_t> part_bytes_max;
  bool retry_failed = false;
};

/// Adds the subcommand and its flags; `options` must outlive the parse.
CLI::App* add_corpus_command(CLI::App& app, corpus_options& options);

/// Carries it out; says how the program ends.
[[nodiscard]] int run_corpus(const corpus_options& options);

} // namespace texlex::cli
