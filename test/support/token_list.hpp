// Tokens as readable text, for tests: a scan's result written the way the rules are spoken of.
//
//   letter or other character   the character itself: a 1
//   control sequence            \name followed by a middle dot: \foo·
//   space, paragraph            ␣ ¶
//   any other catcode           the character and its catcode: {1 $3 ~13
//   trivia (source view)        <comment 0-5>, with its byte offsets
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/derive.hpp"
#include "kernels/kernels.hpp"

namespace texlex::test {

/// Columns a scan filled.
struct scanned {
  std::vector<token_kind> kinds;
  std::vector<uint32_t> starts;
  std::vector<issue> issues;
  uint64_t issue_count = 0;

  friend bool operator==(const scanned&, const scanned&) = default;
};

[[nodiscard]] inline std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Scans a document in chunks of `chunk_bytes`.
[[nodiscard]] inline scanned scan(std::string_view document, const regime& regime, token_view view = token_view::tex,
                                  uint64_t chunk_bytes = UINT32_MAX, const kernel& kernel = *find_kernel("reference")) {
  scanned result;
  const auto capacity = static_cast<size_t>(tokens_max(document.size()));
  result.kinds.resize(capacity);
  result.starts.resize(capacity);
  result.issues.resize(2 * capacity + 1);
  const scan_input input{bytes_of(document), &regime, view};
  const scan_output output{result.kinds.data(), result.starts.data(), result.issues};
  scan_cursor cursor;
  while (!cursor.finished) advance_scan(kernel, input, cursor.offset + chunk_bytes, cursor, output);
  result.kinds.resize(cursor.token_count);
  result.starts.resize(cursor.token_count);
  result.issue_count = cursor.issue_count;
  result.issues.resize(cursor.issue_count);
  return result;
}

/// The same with a bitmap of starts, expanded: into memory that was not cleared.
[[nodiscard]] inline scanned scan_to_bitmap(std::string_view document, const regime& regime, token_view view,
                                            uint64_t chunk_bytes, const kernel& kernel) {
  scanned result;
  const auto capacity = static_cast<size_t>(tokens_max(document.size()));
  std::vector<uint64_t> start_bits(start_words(document.size()), 0xA5A5'5A5A'1234'FFFF);
  result.kinds.resize(capacity);
  result.starts.resize(capacity);
  result.issues.resize(2 * capacity + 1);
  const scan_input input{bytes_of(document), &regime, view};
  const scan_output output{result.kinds.data(), nullptr, result.issues, start_bits.data()};
  scan_cursor cursor;
  while (!cursor.finished) advance_scan(kernel, input, cursor.offset + chunk_bytes, cursor, output);
  kernel.expand_starts(start_bits.data(), document.size(), result.starts.data());
  result.kinds.resize(cursor.token_count);
  result.starts.resize(cursor.token_count);
  result.issue_count = cursor.issue_count;
  result.issues.resize(cursor.issue_count);
  return result;
}

/// What a scan gave, and where it came to rest.
struct scanned_in_steps {
  scanned tokens;
  std::vector<uint64_t> rests;

  friend bool operator==(const scanned_in_steps&, const scanned_in_steps&) = default;
};

/// Scans a document `step` bytes at a time, each under the other of two regimes of one encoding.
[[nodiscard]] inline scanned_in_steps scan_in_turns(std::string_view document, const regime& first,
                                                    const regime& second, token_view view, uint64_t step,
                                                    const kernel& kernel) {
  scanned_in_steps result;
  const auto capacity = static_cast<size_t>(tokens_max(document.size()));
  result.tokens.kinds.resize(capacity);
  result.tokens.starts.resize(capacity);
  const scan_output output{result.tokens.kinds.data(), result.tokens.starts.data(), {}};
  scan_cursor cursor;
  while (!cursor.finished) {
    const regime& rules = result.rests.size() % 2 == 0 ? first : second;
    advance_scan(kernel, {bytes_of(document), &rules, view}, cursor.offset + step, cursor, output);
    result.rests.push_back(cursor.offset);
  }
  result.tokens.kinds.resize(cursor.token_count);
  result.tokens.starts.resize(cursor.token_count);
  result.tokens.issue_count = cursor.issue_count;
  return result;
}

namespace detail {

inline void show(std::string& text, token_kind kind, const token_text& token) {
  switch (kind) {
    case token_kind::control_sequence: text += "\\" + token.name + "·"; break;
    case token_kind::space: text += "␣"; break;
    case token_kind::paragraph: text += "¶"; break;
    case token_kind::letter:
    case token_kind::other: append_utf8(text, token.code); break;
    default: append_utf8(text, token.code); text += name_of(kind);
  }
}

} // namespace detail

/// The tokens of a scan as text, without anything between them.
[[nodiscard]] inline std::string show(std::string_view document, const regime& regime, const scanned& tokens) {
  std::string text;
  token_deriver deriver{bytes_of(document), regime};
  token_text token;
  for (size_t i = 0; i < tokens.kinds.size(); ++i) {
    if (is_trivia(tokens.kinds[i])) {
      const size_t end = i + 1 < tokens.starts.size() ? tokens.starts[i + 1] : document.size();
      text += "<" + std::string{name_of(tokens.kinds[i])} + " " + std::to_string(tokens.starts[i]) + "-"
              + std::to_string(end) + ">";
    } else {
      deriver.derive(tokens.kinds[i], tokens.starts[i], token);
      detail::show(text, tokens.kinds[i], token);
    }
  }
  return text;
}

} // namespace texlex::test
