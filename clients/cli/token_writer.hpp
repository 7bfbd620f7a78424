// Tokens as text: tab-separated values or JSON lines, with the columns asked for. docs/tokens.md is the specification.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/tokenize.hpp"
#include "kernels/derive.hpp"

namespace texlex::cli {

enum class column : uint8_t { kind, text, start, end, line, column };

/// The names of the columns, in their usual order.
[[nodiscard]] std::span<const std::string_view> column_names() noexcept;

enum class token_format : uint8_t { tsv, jsonl };

struct writer_options {
  token_format format = token_format::tsv;
  std::vector<column> columns;
  bool color = false;
  std::string file; ///< JSON lines name it when there are several
};

/// Writes the tokens of one document. False if `out` could not take them.
[[nodiscard]] bool write_tokens(std::FILE* out, const scan_input& input, const token_columns& tokens,
                                const writer_options& options);

/// A control sequence's name as tab-separated values hold it: bytes below 0x21, 0x7f and the backslash as `\xHH`.
[[nodiscard]] std::string escape_name(std::string_view name);

} // namespace texlex::cli
