// Tokens as text: tab-separated values or JSON lines, with the columns asked for. docs/tokens.md is the specification.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/decimal_writer.hpp"
#include "clients/cli/text_buffer.hpp"
#include "clients/cli/token_parts.hpp"

namespace texlex::cli {

/// The last two are had as columns of Arrow only.
enum class column : uint8_t { kind, text, start, end, line, column, code, name };

/// The names of the columns, in their usual order.
[[nodiscard]] std::span<const std::string_view> column_names() noexcept;

enum class token_format : uint8_t { tsv, jsonl, arrow };

struct row_options {
  token_format format = token_format::tsv;
  std::vector<column> columns;
  bool color = false;
};

/// Turns one part of a document into text. To be made for each part: it remembers where it is.
class token_formatter {
public:
  /// `file` is what JSON lines name, if not empty. All of it must outlive the object.
  token_formatter(const scan_input& input, const token_columns& tokens, const row_options& options,
                  std::string_view file);

  /// Appends the rows of a part.
  void append(const token_part& part, text_buffer& out);

private:
  // One token with what is derived; `name` lies in the document or in `text_`.
  struct token_row {
    token_kind kind;
    uint64_t start;
    uint64_t end;
    const text_position* position;
    char32_t code;
    std::string_view name;
  };
  // A local of the loop over rows, so that what it remembers stays in registers.
  struct row_numbers {
    decimal_writer start, end, line, column;
  };
  // A few characters, stored as if they were sixteen.
  struct short_text {
    std::array<char, 16> characters{};
    uint8_t length = 0;

    void set(std::string_view text) noexcept;
    char* write(char* to) const noexcept;
  };

  void make_texts(std::string_view file);
  [[nodiscard]] bool describe_plain(token_row& row) const noexcept;
  [[nodiscard]] bool describe_name(token_row& row) const noexcept;
  void describe(token_row& row, token_deriver& deriver);
  void escape_name(token_row& row);
  void append_row(const token_row& row, row_numbers& numbers, text_buffer& out) const;
  char* write_column(char* to, column what, const token_row& row, row_numbers& numbers) const noexcept;
  char* write_usual_columns(char* to, const token_row& row, row_numbers& numbers) const noexcept;
  char* write_text(char* to, const token_row& row) const noexcept;

  const scan_input& input_;
  const token_columns& tokens_;
  const row_options& options_;
  const uint8_t* ascii_; ///< categories
  bool name_ends_with_line_ = false;
  bool wants_text_ = false; ///< or ends that the next token does not tell
  bool wants_position_ = false;

  std::string before_;                    ///< each row
  short_text after_;                      ///< each row
  std::array<short_text, 6> between_;     ///< before each column
  std::array<short_text, 22> kind_names_; ///< by kind
  short_text text_quote_;
  bool usual_columns_ = false; ///< all, in their usual order

  token_text text_;
  std::string escaped_name_;
};

} // namespace texlex::cli
