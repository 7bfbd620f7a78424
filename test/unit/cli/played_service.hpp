// A texlexd that a test plays byte by byte, and what it would say if it were right.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clients/cli/service_group.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"
#include "runtime/batch_frame.hpp"
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
  hello_response said{.columns = all_columns,
                      .document_bytes_max = 1 << 20,
                      .requests_in_flight_max = 64,
                      .issues_told_max = 100,
                      .regimes = {}};
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

[[nodiscard]] inline std::string right_payload(const tokenize_options& options, std::string_view document) {
  sent_answer answer{document, *find_regime(options.regime), options.view, options.issues_told_max};
  answer.head.unit = options.unit;
  answer.has_tokens = holds(options.columns, column_set::kinds);
  answer.has_issues = holds(options.columns, column_set::issues);
  if (!answer.has_issues) answer.head.issues_told = 0;
  return std::string{text_of(answer.payload())};
}

/// What a texlexd answers.
[[nodiscard]] inline bytes right_answer(const received_frame& question) {
  const auto [options, document] = understand(question);
  return frame(frame_type::tokenize_response, question.header.id, right_payload(options, document));
}

/// The same to a batch; `refuses` tells by which status a document is refused, ok if it is not.
[[nodiscard]] inline bytes right_batch_answer(const received_frame& question,
                                              const std::function<status(std::string_view)>& refuses) {
  const auto batch = std::get<batch_request>(decode_batch(question.payload));
  std::string payload;
  std::vector<uint64_t> lengths;
  batch.for_each_document([&](std::span<const uint8_t> each) {
    const std::string_view document{reinterpret_cast<const char*>(each.data()), each.size()};
    const status why = refuses(document);
    const std::string one = why == status::ok ? right_payload(batch.options, document)
                                              : encode_tokenized_head({.result = {why, 0, 0, origin::none}}, {});
    payload += one;
    lengths.push_back(one.size());
  });
  return frame(frame_type::batch_response, question.header.id,
               encode_batch_response_head({status::ok, 0, 0, origin::none}, lengths) + payload);
}

/// To the first question of a client that wants tokens and issues.
[[nodiscard]] inline bytes answer_for(std::string_view document) {
  const bytes question = tokenize_frame(2, document, {.columns = 0x83, .issues_told_max = 50, .regime = "latex"});
  return right_answer({{8, 2, 0}, {question.begin() + frame_header_bytes, question.end()}});
}

[[nodiscard]] inline bool is_batch(const received_frame& question) {
  return question.header.type == static_cast<uint32_t>(frame_type::batch);
}

/// All that it is asked, until the client ends.
inline void answer_rightly(const byte_connection& client) {
  while (const auto frame = client.receive()) {
    const auto nobody = [](std::string_view) { return status::ok; };
    if (frame->header.type != static_cast<uint32_t>(frame_type::tokenize) && !is_batch(*frame)) return;
    if (!client.send(is_batch(*frame) ? right_batch_answer(*frame, nobody) : right_answer(*frame))) return;
  }
}

inline void serve_rightly(const byte_connection& client) {
  if (greet(client)) answer_rightly(client);
}

[[nodiscard]] inline cli::service_wishes wishes(const byte_server& server) {
  return {.address = server.path(), .regime = find_regime("latex"), .format = "tsv", .issues = true, .issues_max = 50};
}

[[nodiscard]] inline scan_input input_of(std::string_view document) {
  return {bytes_of(document), find_regime("latex"), token_view::tex};
}

/// Nothing if all is as a scan here has it, else what the service said or what differs.
[[nodiscard]] inline std::string difference(const cli::service_group::answer& got, std::string_view document) {
  if (const auto* why = std::get_if<cli::group_failure>(&got)) return why->sentence;
  const auto& there = std::get<cli::token_columns>(got);
  const auto here = cli::tokenize(input_of(document), *find_kernel("reference"), 50);
  if (there.count != here.count || there.issue_count != here.issue_count || there.issues != here.issues)
    return "counts";
  if (!std::equal(here.kinds.get(), here.kinds.get() + here.count, there.kinds.get())) return "kinds";
  const auto words = start_words(document.size());
  return std::equal(here.start_bits.get(), here.start_bits.get() + words, there.start_bits.get()) ? "" : "starts";
}

[[nodiscard]] inline std::string differs(cli::service_group& group, std::string_view document) {
  return difference(group.tokenize(std::array{input_of(document)}).front(), document);
}

/// One server, as `texlex tokens --socket` asks it.
struct only_service {
  explicit only_service(const cli::service_wishes& wanted, std::chrono::milliseconds patience = service_patience)
    : made(std::make_unique<cli::token_service>(wanted, patience)), service(*made) {}

  /// What is wrong, as a sentence; nothing if it can be asked.
  [[nodiscard]] std::string begin() {
    const auto why = service.begin();
    group.add(std::move(made));
    return why ? why->sentence : "";
  }

  std::unique_ptr<cli::token_service> made;
  cli::token_service& service;
  cli::service_group group{std::nullopt, [](const std::string&) {}};
};

} // namespace texlex::test
