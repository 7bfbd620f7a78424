#include "runtime/trace_context.hpp"

#include <algorithm>

namespace texlex {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// Lower-case digits only, as the standard has it.
bool read_hexadecimal(std::string_view text, std::span<uint8_t> into) noexcept {
  for (size_t i = 0; i < into.size(); ++i) {
    const size_t high = digits.find(text[2 * i]), low = digits.find(text[2 * i + 1]);
    if (high == digits.npos || low == digits.npos) return false;
    into[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

void append_hexadecimal(std::string& text, std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0xF]);
  }
}

bool has_ids(const trace_context& context) noexcept {
  const auto is_zero = [](uint8_t byte) { return byte == 0; };
  return !std::all_of(context.trace_id.begin(), context.trace_id.end(), is_zero)
         && !std::all_of(context.parent_id.begin(), context.parent_id.end(), is_zero);
}

} // namespace

std::array<uint8_t, trace_context_bytes> encode_trace_context(const trace_context& context) noexcept {
  std::array<uint8_t, trace_context_bytes> bytes{};
  const auto after = std::copy(context.trace_id.begin(), context.trace_id.end(), bytes.begin());
  std::copy(context.parent_id.begin(), context.parent_id.end(), after);
  bytes.back() = context.flags;
  return bytes;
}

std::optional<trace_context> decode_trace_context(std::string_view value) noexcept {
  if (value.size() != trace_context_bytes) return std::nullopt;
  const auto* const bytes = reinterpret_cast<const uint8_t*>(value.data());
  trace_context context;
  std::copy_n(bytes, context.trace_id.size(), context.trace_id.begin());
  std::copy_n(bytes + context.trace_id.size(), context.parent_id.size(), context.parent_id.begin());
  context.flags = bytes[trace_context_bytes - 1];
  if (!has_ids(context)) return std::nullopt;
  return context;
}

std::optional<trace_context> parse_traceparent(std::string_view text) noexcept {
  constexpr size_t trace_at = 3, parent_at = 36, flags_at = 53;
  if (text.size() < traceparent_length) return std::nullopt;
  if (text[trace_at - 1] != '-' || text[parent_at - 1] != '-' || text[flags_at - 1] != '-') return std::nullopt;
  std::array<uint8_t, 1> version{}, flags{};
  trace_context context;
  if (!read_hexadecimal(text, version) || !read_hexadecimal(text.substr(trace_at), context.trace_id)
      || !read_hexadecimal(text.substr(parent_at), context.parent_id)
      || !read_hexadecimal(text.substr(flags_at), flags))
    return std::nullopt;
  const bool is_longer = text.size() > traceparent_length;
  if (version[0] == 0xFF || (is_longer && (version[0] == 0 || text[traceparent_length] != '-'))) return std::nullopt;
  context.flags = flags[0];
  if (!has_ids(context)) return std::nullopt;
  return context;
}

std::string traceparent_of(const trace_context& context) {
  std::string text = "00-";
  text.reserve(traceparent_length);
  append_hexadecimal(text, context.trace_id);
  text.push_back('-');
  append_hexadecimal(text, context.parent_id);
  text.push_back('-');
  append_hexadecimal(text, {&context.flags, 1});
  return text;
}

} // namespace texlex
