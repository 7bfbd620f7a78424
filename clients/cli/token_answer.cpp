#include "clients/cli/token_answer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "kernels/derive.hpp"
#include "kernels/utf8.hpp"

namespace texlex::cli {
namespace {

using document_bytes = std::span<const uint8_t>;

// All kinds have a name of their own, and no other number has.
constexpr uint8_t no_kind = 0xFF;
constexpr uint8_t no_issue = 0;

bool is_kind(uint8_t kind, token_view view) noexcept {
  const auto named = static_cast<token_kind>(kind);
  return name_of(named) != name_of(token_kind{no_kind}) && (view == token_view::source || !is_trivia(named));
}

bool is_issue(issue_kind kind) noexcept { return name_of(kind) != name_of(issue_kind{no_issue}); }

bool is_continuation(uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

// Whether a character begins there, as those who count columns see it. They would start over from the document's first
// byte each time it is not so.
bool begins_character(document_bytes document, encoding encoding, uint64_t offset) noexcept {
  if (offset == document.size()) return true;
  const uint8_t byte = document[offset];
  if (byte == '\n') return offset == 0 || document[offset - 1] != '\r';
  if (encoding == encoding::eight_bit || !is_continuation(byte)) return true;
  constexpr uint64_t longest = 3; // of what may stand before a character's last byte
  for (uint64_t back = 1; back <= std::min(longest, offset); ++back) {
    const uint8_t* const lead = document.data() + (offset - back);
    if (!is_continuation(*lead)) return *lead < 0x80 || decode_multibyte(lead, back + 1).bytes <= back;
  }
  return true;
}

/// Looks at the tokens one after the other, and puts them where a scan would have.
class token_check {
public:
  token_check(const scan_input& input, token_columns& columns)
    : input_(input), columns_(columns), deriver_(input.document, *input.regime),
      ascii_(input.regime->catcodes.memory().ascii) {
    for (size_t kind = 0; kind < kinds_.size(); ++kind) kinds_[kind] = is_kind(static_cast<uint8_t>(kind), input.view);
  }

  /// The next token. False: it cannot be one, and `wrong` tells why.
  [[nodiscard]] bool take(uint8_t kind, uint64_t start) {
    const uint64_t size = input_.document.size();
    if (!kinds_[kind]) return fail(fmt::format("has a token of kind {}, which there is not in this view", kind));
    if (start > size) return fail(fmt::format("has a token at byte {} of a document of {}", start, size));
    if (taken_ == 0 ? input_.view == token_view::source && start > 0 : start <= start_)
      return fail(taken_ == 0 ? "leaves out the document's first byte" : "has tokens whose starts do not ascend");
    if (!begins_character(input_.document, input_.regime->encoding, start))
      return fail(fmt::format("has a token that begins within a character, at byte {}", start));
    if (!ends_before(start)) return false;
    columns_.kinds[taken_++] = kind_ = static_cast<token_kind>(kind);
    start_ = start;
    columns_.start_bits[start / 64] |= uint64_t{1} << (start % 64);
    return true;
  }

  /// Behind the last one.
  [[nodiscard]] bool finish() {
    const uint64_t size = input_.document.size();
    if (taken_ == 0 && size > 0 && input_.view == token_view::source)
      return fail("has no token, where each byte belongs to one");
    return ends_before(size);
  }

  [[nodiscard]] std::string wrong() && { return std::move(wrong_); }

private:
  bool fail(std::string what) {
    wrong_ = std::move(what);
    return false;
  }

  // Whether the last token does. Names that reach over the tokens behind them would be derived over and over.
  bool ends_before(uint64_t next) {
    if (taken_ == 0 || is_trivia(kind_) || is_one_byte()) return true;
    deriver_.derive(kind_, start_, text_);
    if (text_.end <= next) return true;
    return fail(fmt::format("has a token at byte {} that reaches to {} and over the next", start_, text_.end));
  }

  // As most are: an ASCII character that stands for itself.
  [[nodiscard]] bool is_one_byte() const noexcept {
    if (start_ >= input_.document.size()) return false;
    const uint8_t byte = input_.document[start_];
    return byte >= 0x20 && byte < 0x7f && ascii_[byte] == static_cast<uint8_t>(kind_)
           && kind_ != token_kind::control_sequence && kind_ != token_kind::superscript;
  }

  const scan_input& input_;
  token_columns& columns_;
  token_deriver deriver_;
  const uint8_t* ascii_; ///< categories
  std::array<bool, 256> kinds_{};
  token_text text_;
  std::string wrong_;
  uint64_t taken_ = 0;
  token_kind kind_ = token_kind::other; ///< of the last
  uint64_t start_ = 0;
};

// The same entry read again might be another one, where the server lends its memory.
template <class Entry>
Entry read_once(std::span<const Entry> column, size_t index) noexcept {
  return static_cast<const volatile Entry*>(column.data())[index];
}

std::string take_tokens(const token_question& asked, const told_tokens& answer, token_columns& columns) {
  if (answer.kinds.size() != columns.count || answer.starts.size() != columns.count)
    return "lacks the columns kind and start";
  columns.kinds = std::make_unique_for_overwrite<token_kind[]>(static_cast<size_t>(columns.count));
  columns.start_bits = std::make_unique<uint64_t[]>(static_cast<size_t>(start_words(asked.input.document.size())));
  token_check check{asked.input, columns};
  bool right = true;
  for (size_t i = 0; right && i < columns.count; ++i)
    right = check.take(read_once(answer.kinds, i), read_once(answer.starts, i));
  if (right) right = check.finish();
  return right ? std::string{} : std::move(check).wrong();
}

std::string take_issues(const token_question& asked, const told_tokens& answer, token_columns& columns) {
  const size_t told = answer.issue_kinds.size();
  if (answer.issue_offsets.size() != told) return "lacks the issues";
  if (told != std::min<uint64_t>(columns.issue_count, asked.issues_told))
    return fmt::format("tells {} of {} issues, where up to {} were asked for", told, columns.issue_count,
                       asked.issues_told);
  uint64_t last = 0;
  for (size_t i = 0; i < told; ++i) {
    const uint8_t kind = read_once(answer.issue_kinds, i);
    const issue found{static_cast<issue_kind>(kind), read_once(answer.issue_offsets, i)};
    if (!is_issue(found.kind)) return fmt::format("has an issue of kind {}, which there is not", kind);
    if (found.offset < last || found.offset > asked.input.document.size())
      return "has issues that do not ascend or lie behind the document";
    if (!begins_character(asked.input.document, asked.input.regime->encoding, found.offset))
      return fmt::format("has an issue within a character, at byte {}", found.offset);
    last = found.offset;
    columns.issues.push_back(found);
  }
  return {};
}

} // namespace

told_tokens told_by(const remote::tokens& answer) noexcept {
  const auto span = [](const auto& column) { return std::span{column.data(), column.size()}; };
  return {answer.size(),         answer.issue_count(),       span(answer.kinds()),
          span(answer.starts()), span(answer.issue_kinds()), span(answer.issue_offsets())};
}

std::variant<token_columns, std::string> take_answer(const token_question& asked, const told_tokens& answer) {
  const uint64_t bytes = asked.input.document.size();
  token_columns columns;
  columns.count = answer.count;
  columns.issue_count = answer.issue_count;
  if (columns.count > tokens_max(bytes))
    return fmt::format("tells {} tokens of a document of {} bytes", columns.count, bytes);
  if (columns.issue_count > issues_max(bytes))
    return fmt::format("tells {} issues of a document of {} bytes", columns.issue_count, bytes);
  std::string wrong;
  if (holds(asked.columns, column_set::kinds)) wrong = take_tokens(asked, answer, columns);
  if (wrong.empty() && holds(asked.columns, column_set::issues)) wrong = take_issues(asked, answer, columns);
  if (!wrong.empty()) return wrong;
  return columns;
}

} // namespace texlex::cli
