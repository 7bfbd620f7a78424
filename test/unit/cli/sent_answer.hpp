// The answer of a texlexd to a tokenize frame, as one would send it, and open to be falsified.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/tokenize_frame.hpp"
#include "test/support/token_list.hpp"

namespace texlex::test {

struct sent_answer {
  /// What is right.
  sent_answer(std::string_view document, const regime& regime, token_view view, size_t issues_told_max = 1000)
    : tokens(scan(document, regime, view)) {
    if (tokens.issues.size() > issues_told_max) tokens.issues.resize(issues_told_max);
    head = {.result = {status::ok, static_cast<uint32_t>(tokens.kinds.size()),
                       static_cast<uint32_t>(tokens.issue_count), origin::primary},
            .issues_told = static_cast<uint32_t>(tokens.issues.size()),
            .view = view};
  }

  scanned tokens;
  tokenized_head head;
  bool has_tokens = true;
  bool has_issues = true;

  /// After tokens were added or taken away.
  void count_anew() { head.result.token_count = static_cast<uint32_t>(tokens.kinds.size()); }

  [[nodiscard]] std::vector<uint8_t> payload() const {
    std::vector<uint8_t> issue_kinds;
    std::vector<uint32_t> issue_offsets;
    for (const issue& each : tokens.issues) {
      issue_kinds.push_back(static_cast<uint8_t>(each.kind));
      issue_offsets.push_back(each.offset);
    }
    std::vector<column_bytes> columns;
    const auto add = [&](column_id id, const auto& entries) {
      columns.push_back(
        {id, {reinterpret_cast<const uint8_t*>(entries.data()), entries.size() * sizeof(entries.front())}});
    };
    if (has_tokens) {
      add(column_id::kind, tokens.kinds);
      add(column_id::start, tokens.starts);
    }
    if (has_issues) {
      add(column_id::issue_kind, issue_kinds);
      add(column_id::issue_offset, issue_offsets);
    }
    std::string text = encode_tokenized_head(head, columns);
    for (const column_bytes& each : columns) {
      text.append(each.bytes.begin(), each.bytes.end());
      text.resize(padded_to_column(text.size()), '\0');
    }
    return {text.begin(), text.end()};
  }
};

} // namespace texlex::test
