#include "clients/cpp/answer.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "kernels/utf8.hpp"

namespace texlex::client_core {
namespace {

// A column of numbers, as it lies in the answer.
class numbers {
public:
  explicit numbers(std::span<const uint8_t> bytes) noexcept
    : first_(reinterpret_cast<const uint32_t*>(bytes.data())), size_(bytes.size() / 4) {}

  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] uint32_t operator[](size_t index) const noexcept { return first_[index]; }
  /// Whether they go up, and end at `last_max` at most.
  [[nodiscard]] bool ascend_to(uint64_t last_max) const noexcept {
    return std::is_sorted(first_, first_ + size_) && (size_ == 0 || first_[size_ - 1] <= last_max);
  }

private:
  const uint32_t* first_;
  size_t size_;
};

std::span<const uint8_t> column(const answer& given, column_id id) noexcept {
  return given.columns[static_cast<size_t>(id)];
}

bool is_utf8(std::span<const uint8_t> text) noexcept {
  for (size_t at = 0; at < text.size();) {
    if (text[at] < 0x80) {
      ++at;
      continue;
    }
    const auto character = decode_multibyte(text.data() + at, text.size() - at);
    if (character.malformed) return false;
    at += character.bytes;
  }
  return true;
}

std::string wrong_names(const answer& given) {
  const numbers offsets{column(given, column_id::name_offset)};
  const auto bytes = column(given, column_id::name_byte);
  if (offsets.size() == 0 || offsets[0] != 0 || offsets[offsets.size() - 1] != bytes.size()
      || !offsets.ascend_to(bytes.size()))
    return "its names leave their bytes";
  if (!is_utf8(bytes)) return "its names are no UTF-8";
  for (size_t i = 0; i < offsets.size(); ++i)
    if (offsets[i] < bytes.size() && (bytes[offsets[i]] & 0xC0) == 0x80)
      return "a name of it begins inside a character";
  return {};
}

// Offsets go up, and do not leave the document or the names: nobody who follows them gets lost.
std::string wrong_offsets(const question& asked, const answer& given, uint64_t document_bytes) {
  const numbers starts{column(given, column_id::start)}, ends{column(given, column_id::end)};
  if (!starts.ascend_to(document_bytes)) return "its starts of tokens do not go up, or leave the document";
  if (!ends.ascend_to(document_bytes)) return "its ends of tokens do not go up, or leave the document";
  for (size_t i = 0; i < std::min(starts.size(), ends.size()); ++i)
    if (ends[i] < starts[i]) return "a token ends before it starts";
  if (!numbers{column(given, column_id::issue_offset)}.ascend_to(document_bytes))
    return "its issues do not go up, or leave the document";
  return holds(asked.columns, column_set::names) ? wrong_names(given) : std::string{};
}

std::string wrong_counts(uint64_t token_count, uint64_t issue_count, uint64_t document_bytes) {
  if (token_count > document_bytes + 1)
    return "it has " + std::to_string(token_count) + " tokens of " + std::to_string(document_bytes) + " bytes";
  if (issue_count > 2 * document_bytes + 2)
    return "it has " + std::to_string(issue_count) + " issues in " + std::to_string(document_bytes) + " bytes";
  return {};
}

std::string wrong_head(const question& asked, const tokenized_head& head, uint64_t document_bytes) {
  if (auto wrong = wrong_counts(head.result.token_count, head.result.issue_count, document_bytes); !wrong.empty())
    return wrong;
  if (head.view != asked.view || head.unit != asked.unit)
    return "it answers for another view or unit than was asked for";
  const uint32_t told_max =
    holds(asked.columns, column_set::issues) ? std::min(head.result.issue_count, asked.issues_told_max) : 0;
  if (head.issues_told > told_max)
    return "it tells " + std::to_string(head.issues_told) + " issues, and " + std::to_string(told_max)
           + " may be told at most";
  return {};
}

struct wanted_columns {
  column_set set;
  column_id first, last;
  std::string_view name;
};
constexpr std::array<wanted_columns, 8> all_wanted{{
  {column_set::kinds, column_id::kind, column_id::kind, "kind"},
  {column_set::starts, column_id::start, column_id::start, "start"},
  {column_set::ends, column_id::end, column_id::end, "end"},
  {column_set::codes, column_id::code, column_id::code, "code"},
  {column_set::lines, column_id::line, column_id::line, "line"},
  {column_set::columns, column_id::column, column_id::column, "column"},
  {column_set::names, column_id::name_offset, column_id::name_byte, "name"},
  {column_set::issues, column_id::issue_kind, column_id::issue_offset, "issues"},
}};

// What was asked for and nothing else.
std::string take_columns(const question& asked, const tokenized& said, answer& given) {
  for (const wanted_columns& each : all_wanted) {
    if (!holds(asked.columns, each.set)) continue;
    for (auto id = static_cast<size_t>(each.first); id <= static_cast<size_t>(each.last); ++id) {
      if (!said.columns[id]) return "its response lacks the column " + std::string{each.name};
      given.columns[id] = *said.columns[id];
    }
  }
  return {};
}

answer take(const question& asked, uint64_t document_bytes, const tokenized& said, std::shared_ptr<const void> memory) {
  const outcome& result = said.head.result;
  if (result.status != status::ok) return refused(result.status, result.token_count);
  answer given;
  std::string wrong = wrong_head(asked, said.head, document_bytes);
  if (wrong.empty()) wrong = take_columns(asked, said, given);
  if (wrong.empty()) wrong = wrong_offsets(asked, given, document_bytes);
  if (!wrong.empty()) return broken_protocol(wrong);
  given.token_count = result.token_count;
  given.issue_count = result.issue_count;
  given.issues_told = said.head.issues_told;
  given.memory = std::move(memory);
  return given;
}

} // namespace

answer failed(ending status, std::string text) {
  answer given;
  given.status = status;
  given.text = std::move(text);
  return given;
}

answer refused(texlex::status status, uint32_t retry_after_ms) {
  answer given = failed(TEXLEX_CLIENT_REFUSED,
                        "the server refused: " + std::string{name_of(status)} + ": " + std::string{explain(status)});
  given.server_status = status;
  if (status == status::overload) given.retry_after = std::chrono::milliseconds{retry_after_ms};
  return given;
}

answer broken_protocol(const std::string& what) {
  return failed(TEXLEX_CLIENT_BROKEN_PROTOCOL, "the server broke the protocol: " + what);
}

uint64_t response_bytes_max(const question& asked, uint64_t document_bytes) noexcept {
  constexpr uint64_t entries_max = 64; // of a directory: more than this version and some later ones have
  constexpr uint64_t entry_bytes = 16;
  uint64_t width = 0;
  for (const column_set one : {column_set::starts, column_set::ends, column_set::codes, column_set::lines,
                               column_set::columns, column_set::names})
    if (holds(asked.columns, one)) width += 4;
  if (holds(asked.columns, column_set::kinds)) width += 1;
  uint64_t bytes = tokenized_head_bytes + (entry_bytes + column_alignment_bytes) * entries_max;
  bytes += width * (document_bytes + 2);
  if (holds(asked.columns, column_set::names)) bytes += 3 * document_bytes;
  if (holds(asked.columns, column_set::issues))
    bytes += 5 * std::min<uint64_t>(asked.issues_told_max, 2 * document_bytes + 2);
  return bytes;
}

answer read_response(const question& asked, uint64_t document_bytes, std::span<const uint8_t> payload,
                     std::shared_ptr<const void> memory) {
  const auto said = decode_tokenized(payload);
  if (!said) return broken_protocol("its response contradicts itself");
  return take(asked, document_bytes, *said, std::move(memory));
}

answer read_counts(const outcome& said, uint64_t document_bytes) {
  if (said.status != status::ok) return refused(said.status, said.token_count);
  if (auto wrong = wrong_counts(said.token_count, said.issue_count, document_bytes); !wrong.empty())
    return broken_protocol(wrong);
  answer given;
  given.token_count = said.token_count;
  given.issue_count = said.issue_count;
  return given;
}

// A scan writes kinds, starts and issues in front of what was asked for.
uint64_t mapped_bytes_max(const question& asked, uint64_t document_bytes) noexcept {
  constexpr uint64_t token_bytes = 5, issue_bytes = 8, padding_bytes = 16 * column_alignment_bytes;
  return response_bytes_max(asked, document_bytes) + token_bytes * (document_bytes + 2)
         + issue_bytes * uint64_t{asked.issues_told_max} + padding_bytes;
}

answer read_mapped_response(const question& asked, uint64_t document_bytes, std::span<const uint8_t> payload,
                            std::span<const uint8_t> mapped, std::shared_ptr<const void> memory) {
  const auto said = decode_tokenized(payload, mapped);
  if (!said) return broken_protocol("its response with a descriptor contradicts itself");
  answer given = take(asked, document_bytes, *said, std::move(memory));
  given.is_mapped = given.ok();
  return given;
}

} // namespace texlex::client_core
