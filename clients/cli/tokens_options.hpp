// What `texlex tokens` was asked for, and what of it contradicts itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clients/cli/token_formatter.hpp"

namespace texlex::cli {

inline constexpr uint64_t issues_max_default = 1000;
inline constexpr uint64_t unpacked_bytes_max_default = 256u << 20;
inline constexpr uint32_t jobs_max = 256;

/// Flags that were not given hold nothing; `--kernel` may come from the environment instead.
struct tokens_options {
  std::vector<std::string> files;
  std::optional<std::string> files_from;
  bool null = false;
  std::optional<std::string> regime;
  std::optional<std::string> view;
  std::string format = "tsv";
  std::optional<std::string> columns;
  std::optional<std::string> socket;
  std::optional<std::string> priority;
  std::optional<std::string> traceparent;
  std::optional<std::string> kernel;
  std::optional<std::string> color;
  bool strict = false;
  bool issues = false;
  std::optional<uint64_t> issues_max;
  std::optional<uint32_t> jobs;
  std::optional<uint64_t> unpacked_bytes_max;
  bool no_unpack = false;
};

/// What is wrong with the flags as they are given together, as a sentence that says what to do; nothing if they can all
/// be honoured.
[[nodiscard]] std::string contradiction(const tokens_options& options);
/// The same of what is said to a texlexd only; `flag` is the one that names it.
[[nodiscard]] std::string request_contradiction(const tokens_options& options, bool has_service, std::string_view flag);

/// The columns in their order; all if none were chosen. Else a sentence that says what is wrong with them.
[[nodiscard]] std::variant<std::vector<column>, std::string> chosen_columns(const tokens_options& options);

} // namespace texlex::cli
