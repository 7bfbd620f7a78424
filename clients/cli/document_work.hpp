// What is done with one document: it is scanned, and cut into pieces that are turned into text on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clients/cli/archive_reader.hpp"
#include "clients/cli/arrow_message.hpp"
#include "clients/cli/ordered_output.hpp"
#include "clients/cli/service_group.hpp"
#include "clients/cli/token_formatter.hpp"
#include "clients/cli/token_parts.hpp"

namespace texlex::cli {

/// What is wanted of every document.
struct document_wishes {
  const texlex::regime* regime = nullptr;
  const texlex::kernel* kernel = nullptr; ///< scans, unless
  service_group* service = nullptr;       ///< does
  token_view view = token_view::tex;
  bool counts = false; ///< instead of tokens; as JSON lines or lines of text, by the format of
  row_options rows;
  arrow_schema schema{};   ///< of that format
  bool issues = false;     ///< listed
  uint64_t issues_max = 0; ///< listed at most
};

class document_work {
public:
  /// Scans the document unless it could not be read. `named` if its name is to be told beside its tokens.
  document_work(const document_wishes& wishes, named_input document, bool named);
  /// The same of one that the service was asked about, if it could be read.
  document_work(const document_wishes& wishes, named_input document, bool named, service_group::answer answered);
  document_work(const document_work&) = delete;
  document_work& operator=(const document_work&) = delete;

  [[nodiscard]] bool readable() const noexcept { return document_.read.error.empty(); }
  /// Whether there are tokens: it was read, and the service did not refuse it.
  [[nodiscard]] bool scanned() const noexcept { return readable() && refused_.sentence.empty(); }
  [[nodiscard]] uint64_t bytes() const noexcept { return document_.read.bytes.size(); }
  [[nodiscard]] uint64_t issue_count() const noexcept { return tokens_.issue_count; }

  /// At least one.
  [[nodiscard]] uint64_t pieces() const noexcept { return issues_.size() + 1 + parts_.size(); }

  /// Makes a piece in a buffer that is empty. May be called from several threads at one time.
  [[nodiscard]] output_piece make(uint64_t piece, text_buffer buffer) const;

private:
  void cut();
  void append_issues(const issue_part& part, text_buffer& out) const;
  void append_issues_left_out(text_buffer& out) const;
  void append_head(output_piece& made) const;
  void append_counts(text_buffer& out) const;
  void append_failure(output_piece& made) const;
  void append_batch(const token_part* part, output_piece& made) const;

  const document_wishes& wishes_;
  named_input document_;
  bool named_;
  std::string shown_name_; ///< as a line of text holds it
  scan_input input_;
  token_columns tokens_;
  group_failure refused_; ///< why there are none from the service, as a line of text holds it
  std::vector<issue_part> issues_;
  std::vector<token_part> parts_;
};

/// What the name of an issue of this document does not say but should be done; empty for most.
[[nodiscard]] std::string hint_for(issue_kind kind, std::span<const uint8_t> document);

} // namespace texlex::cli
