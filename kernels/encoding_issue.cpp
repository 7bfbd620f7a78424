#include "kernels/encoding_issue.hpp"

#include <algorithm>

namespace texlex {
namespace {

// Four characters are no chance any more; 32 are enough to see that a document is mostly ASCII.
constexpr size_t units_least = 4;
constexpr size_t units_looked_at = 32;

bool begins_with(std::span<const uint8_t> document, std::initializer_list<uint8_t> mark) noexcept {
  return document.size() >= mark.size() && std::equal(mark.begin(), mark.end(), document.begin());
}

// Three of four characters with a high byte of 0, and none with a low byte of 0: it is text, and not a run of NULs.
// TeX's documents begin with ASCII, so that a look at two bytes tells most of them.
bool alternates_with_nul(std::span<const uint8_t> document) noexcept {
  if (document.size() < 2 * units_least || (document[0] == 0) == (document[1] == 0)) return false;
  const size_t high = document[0] == 0 ? 0 : 1;
  const size_t units = std::min(document.size() / 2, units_looked_at);
  size_t ascii = 0;
  for (size_t i = 0; i < units; ++i) {
    if (document[2 * i + 1 - high] == 0) return false;
    if (document[2 * i + high] == 0) ++ascii;
  }
  return 4 * ascii >= 3 * units;
}

// A character in four bytes: what UTF-32 begins with, which has NULs in either place.
bool begins_in_utf32(std::span<const uint8_t> document) noexcept {
  if (document.size() < 4 * units_least || document[1] != 0 || document[2] != 0) return false;
  const bool little = document[0] != 0;
  if (little == (document[3] != 0)) return false;
  const size_t units = std::min(document.size() / 4, units_looked_at / 2);
  for (size_t i = 0; i < units; ++i) {
    const auto unit = document.subspan(4 * i, 4);
    if (little ? unit[0] == 0 || unit[3] != 0 : unit[0] != 0 || unit[3] == 0) return false;
  }
  return true;
}

} // namespace

std::optional<issue_kind> encoding_issue(std::span<const uint8_t> document, encoding encoding) noexcept {
  if (!wide_encoding(document).empty()) return issue_kind::utf16_text;
  if (encoding == encoding::eight_bit && begins_with(document, {0xEF, 0xBB, 0xBF})) return issue_kind::byte_order_mark;
  return std::nullopt;
}

std::string_view wide_encoding(std::span<const uint8_t> document) noexcept {
  // The mark of UTF-32 begins with that of UTF-16.
  if (begins_with(document, {0xFF, 0xFE, 0, 0}) || begins_with(document, {0, 0, 0xFE, 0xFF})) return "UTF-32";
  if (begins_with(document, {0xFF, 0xFE}) || begins_with(document, {0xFE, 0xFF})) return "UTF-16";
  if (alternates_with_nul(document)) return document[0] == 0 ? "UTF-16BE" : "UTF-16LE";
  if (begins_in_utf32(document)) return document[0] == 0 ? "UTF-32BE" : "UTF-32LE";
  return {};
}

} // namespace texlex
