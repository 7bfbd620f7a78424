#include "clients/cli/document_work.hpp"

#include <algorithm>
#include <iterator>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/arrow_batch.hpp"
#include "clients/cli/escaped_text.hpp"
#include "clients/cli/json_text.hpp"
#include "kernels/encoding_issue.hpp"

namespace texlex::cli {
namespace {

// About as much text as is worth a thread's while, and no trouble to keep for its turn.
constexpr uint64_t piece_bytes = 1u << 20;
constexpr uint64_t row_bytes_tsv = 40;
constexpr uint64_t row_bytes_json = 90;
constexpr size_t issues_a_piece = 8192;
// A record batch has a head to be read: more of the document goes into one.
constexpr uint64_t batch_words = (256u << 10) / 64;

uint64_t row_bytes(const document_wishes& wishes, std::string_view file) {
  return wishes.rows.format == token_format::jsonl ? row_bytes_json + file.size() : row_bytes_tsv;
}

uint64_t words_a_piece(const document_wishes& wishes, std::string_view file) {
  if (wishes.rows.format == token_format::arrow) return batch_words;
  return std::max<uint64_t>(1, piece_bytes / (64 * row_bytes(wishes, file)));
}

} // namespace

std::string hint_for(issue_kind kind, std::span<const uint8_t> document) {
  if (kind == issue_kind::utf16_text)
    return fmt::format("convert it first, as by iconv -f {} -t UTF-8", wide_encoding(document));
  if (kind == issue_kind::byte_order_mark) return "remove its first three bytes";
  return {};
}

document_work::document_work(const document_wishes& wishes, named_input document, bool named)
  : wishes_(wishes), document_(std::move(document)), named_(named),
    shown_name_(escape_file_name(document_.name)), input_{document_.read.bytes, wishes.regime, wishes.view} {
  if (!readable()) return;
  tokens_ = tokenize(input_, *wishes_.kernel, wishes_.issues ? wishes_.issues_max : 0);
  cut();
}

document_work::document_work(const document_wishes& wishes, named_input document, bool named,
                             service_group::answer answered)
  : wishes_(wishes), document_(std::move(document)), named_(named),
    shown_name_(escape_file_name(document_.name)), input_{document_.read.bytes, wishes.regime, wishes.view} {
  if (!readable()) return;
  if (auto* const tokens = std::get_if<token_columns>(&answered)) {
    tokens_ = std::move(*tokens);
    cut();
  } else {
    refused_ = std::move(std::get<group_failure>(answered));
    refused_.sentence = escape_file_name(refused_.sentence);
  }
}

void document_work::cut() {
  issues_ = cut_issues(input_, tokens_, issues_a_piece);
  if (!wishes_.counts) parts_ = cut_tokens(input_, tokens_, words_a_piece(wishes_, named_ ? document_.name : ""));
}

// Issues, then what stands before the tokens, then these.
output_piece document_work::make(uint64_t piece, text_buffer buffer) const {
  output_piece made;
  made.text = std::move(buffer);
  made.last = piece + 1 == pieces();
  if (piece < issues_.size()) {
    made.told_must = true;
    append_issues(issues_[piece], made.told);
  } else if (piece == issues_.size()) {
    append_head(made);
  } else {
    if (wishes_.rows.format == token_format::arrow) {
      append_batch(&parts_[piece - issues_.size() - 1], made);
      return made;
    }
    const std::string_view file = named_ ? std::string_view{document_.name} : std::string_view{};
    const token_part& part = parts_[piece - issues_.size() - 1];
    (void)made.text.room_for(part.count * row_bytes(wishes_, file));
    token_formatter{input_, tokens_, wishes_.rows, file}.append(part, made.text);
  }
  return made;
}

void document_work::append_issues(const issue_part& part, text_buffer& out) const {
  position_counter position = part.position;
  const bool json = wishes_.rows.format == token_format::jsonl && !wishes_.counts;
  const std::string file = json ? json_string(document_.name) : shown_name_;
  fmt::memory_buffer lines;
  for (const issue& found : part.issues) {
    const auto place = position.at(found.offset);
    const auto to = std::back_inserter(lines);
    const std::string hint = hint_for(found.kind, input_.document);
    if (json) {
      fmt::format_to(to, "{{\"file\":{},\"issue\":\"{}\",\"start\":{},\"line\":{},\"column\":{}}}\n", file,
                     name_of(found.kind), found.offset, place.line, place.column);
    } else {
      fmt::format_to(to, "{}:{}:{}: {}{}{}\n", file, place.line, place.column, name_of(found.kind),
                     hint.empty() ? "" : ": ", hint);
    }
  }
  out.append({lines.data(), lines.size()});
}

void document_work::append_issues_left_out(text_buffer& out) const {
  const uint64_t left_out = tokens_.issue_count - tokens_.issues.size();
  if (wishes_.rows.format == token_format::jsonl && !wishes_.counts)
    return out.append(fmt::format("{{\"file\":{},\"issues_left_out\":{}}}\n", json_string(document_.name), left_out));
  out.append(
    fmt::format("{}: {} more issues left out; --issues-max N lists up to N of a document\n", shown_name_, left_out));
}

void document_work::append_head(output_piece& made) const {
  if (!scanned()) return append_failure(made);
  if (wishes_.issues && tokens_.issue_count > tokens_.issues.size()) {
    made.told_must = true;
    append_issues_left_out(made.told);
  }
  if (wishes_.counts) {
    append_counts(made.text);
  } else if (wishes_.rows.format == token_format::arrow && parts_.empty()) {
    append_batch(nullptr, made);
  } else if (named_ && wishes_.rows.format == token_format::tsv) {
    made.text.append("# " + shown_name_ + "\n");
  }
}

void document_work::append_failure(output_piece& made) const {
  made.failure = !readable()          ? document_failure::unreadable
                 : refused_.none_left ? document_failure::service_gone
                                      : document_failure::refused;
  made.reason = readable() ? shown_name_ + ": " + refused_.sentence : document_.read.error;
  if (!refused_.is_told_with_another) made.told.append("texlex: " + made.reason + "\n");
  if (refused_.told_with_it > 0)
    made.told.append(fmt::format("texlex: so it is with {} documents behind it, which were asked for together\n",
                                 refused_.told_with_it));
}

void document_work::append_counts(text_buffer& out) const {
  if (wishes_.rows.format == token_format::jsonl)
    return out.append(fmt::format("{{\"file\":{},\"tokens\":{},\"issues\":{}}}\n", json_string(shown_name_),
                                  tokens_.count, tokens_.issue_count));
  out.append(fmt::format("{}\t{}\t{}\n", tokens_.count, tokens_.issue_count, shown_name_));
}

// Its first one tells the document's name.
void document_work::append_batch(const token_part* part, output_piece& made) const {
  const batch_labels labels{shown_name_, tokens_.count, tokens_.issue_count};
  if (append_arrow_batch(input_, tokens_, wishes_.schema, labels, part, made)) {
    made.batch->first = part == nullptr || part->first == 0;
    made.batch->file = shown_name_;
    return;
  }
  made.failure = document_failure::unreadable;
  made.reason = fmt::format("{}: its names have more than 2147483647 bytes in a batch, the most a column of --format "
                            "arrow holds; the tokens from number {} on lack some",
                            shown_name_, part->first);
  made.told.append("texlex: " + made.reason + "\n");
}

} // namespace texlex::cli
