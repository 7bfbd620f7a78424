// A texlexd that a test plays byte by byte, and what it would say if it were right.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clients/cli/token_service.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "test/support/byte_server.hpp"
#include "test/support/frames.hpp"
#include "test/unit/cli/sent_answer.hpp"

namespace texlex::test {

using bytes = std::vector<uint8_t>;

inline constexpr std::chrono::seconds service_patience{20}; ///< only a failing test waits so long

[[nodiscard]] inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

[[nodiscard]] inline std::string_view text_of(const bytes& payload) {
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

[[nodiscard]] inline hello_response usual_offer() {
  hello_response said{.columns = all_columns, .document_bytes_max = 1 << 20, .issues_told_max = 100, .regimes = {}};
  for (const auto name : regime_names()) said.regimes.emplace_back(name);
  return said;
}

[[nodiscard]] inline bytes hello_answer(uint64_t id, const hello_response& said = usual_offer()) {
  return frame(frame_type::hello_response, id, encode_hello_response(said));
}

/// False: the client said something else, or nothing.
[[nodiscard]] inline bool greet(const byte_connection& client, const hello_response& said = usual_offer()) {
  const auto frame = client.receive();
  return frame && frame->header.type == static_cast<uint32_t>(frame_type::hello)
         && client.send(hello_answer(frame->header.id, said));
}

[[nodiscard]] inline bytes refusal(uint64_t id, status why, uint32_t retry_after_ms = 0) {
  return frame(frame_type::tokenize_response, id,
               encode_tokenized_head({.result = {why, retry_after_ms, 0, origin::none}}, {}));
}

/// The same by version 1.
[[nodiscard]] inline bytes bytes_of_response(uint64_t id, const outcome& result) {
  const auto frame = encode_response(id, result);
  return {frame.begin(), frame.end()};
}

/// What was asked, and of what.
struct understood {
  tokenize_options options;
  std::string_view document;
};

[[nodiscard]] inline understood understand(const received_frame& frame) {
  const auto request = std::get<tokenize_request>(decode_tokenize(frame.payload));
  return {request.options, text_of(frame.payload).substr(request.document_offset)};
}

/// What a texlexd answers.
[[nodiscard]] inline bytes right_answer(const received_frame& question) {
  const auto [options, document] = understand(question);
  sent_answer answer{document, *find_regime(options.regime), options.view, options.issues_told_max};
  answer.has_tokens = holds(options.columns, column_set::kinds);
  answer.has_issues = holds(options.columns, column_set::issues);
  if (!answer.has_issues) answer.head.issues_told = 0;
  return frame(frame_type::tokenize_response, question.header.id, text_of(answer.payload()));
}

/// To the first question of a client that wants tokens and issues.
[[nodiscard]] inline bytes answer_for(std::string_view document) {
  const bytes question = tokenize_frame(2, document, {.columns = 0x83, .issues_told_max = 50, .regime = "latex"});
  return right_answer({{8, 2, 0}, {question.begin() + frame_header_bytes, question.end()}});
}

inline void serve_rightly(const byte_connection& client) {
  if (!greet(client)) return;
  while (const auto frame = client.receive()) {
    if (frame->header.type != static_cast<uint32_t>(frame_type::tokenize)) return;
    if (!client.send(right_answer(*frame))) return;
  }
}

[[nodiscard]] inline cli::service_wishes wishes(const byte_server& server) {
  return {.address = server.path(), .regime = find_regime("latex"), .format = "tsv", .issues = true, .issues_max = 50};
}

[[nodiscard]] inline scan_input input_of(std::string_view document) {
  return {bytes_of(document), find_regime("latex"), token_view::tex};
}

/// Nothing if all is as a scan here has it, else what the service said or what differs.
[[nodiscard]] inline std::string differs(cli::token_service& service, std::string_view document) {
  const auto got = service.tokenize(input_of(document));
  if (const auto* why = std::get_if<std::string>(&got)) return *why;
  const auto& there = std::get<cli::token_columns>(got);
  const auto here = cli::tokenize(input_of(document), *find_kernel("reference"), 50);
  if (there.count != here.count || there.issue_count != here.issue_count || there.issues != here.issues)
    return "counts";
  if (!std::equal(here.kinds.get(), here.kinds.get() + here.count, there.kinds.get())) return "kinds";
  const auto words = start_words(document.size());
  return std::equal(here.start_bits.get(), here.start_bits.get() + words, there.start_bits.get()) ? "" : "starts";
}

} // namespace texlex::test
