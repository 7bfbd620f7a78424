// What stands before a document in frames of version 2: see tokenize_frame.hpp.
#include <algorithm>
#include <bitset>
#include <utility>

#include <boost/endian/conversion.hpp>

#include "runtime/invariant.hpp"
#include "runtime/tokenize_frame.hpp"
#include "runtime/version_2.hpp"

namespace texlex {
namespace {

namespace endian = boost::endian;

using version_2::all_zero;

constexpr size_t option_head_bytes = 4;

enum option_id : uint16_t {
  option_regime = 1,
  option_document_by_descriptor = 2,
  option_columns_by_descriptor = 3,
  option_trace_context = 4,
  option_priority = 5,
  option_id_count
};

size_t padded_to_four(size_t bytes) noexcept { return (bytes + 3) / 4 * 4; }

void append_option(std::string& head, option_id id, std::string_view value = {}) {
  const size_t at = head.size();
  head.resize(at + option_head_bytes + padded_to_four(value.size()));
  auto* const bytes = reinterpret_cast<uint8_t*>(head.data()) + at;
  endian::store_little_u16(bytes, id);
  endian::store_little_u16(bytes + 2, static_cast<uint16_t>(value.size()));
  std::copy(value.begin(), value.end(), head.begin() + static_cast<ptrdiff_t>(at + option_head_bytes));
}

void append_options(std::string& head, const tokenize_options& options) {
  if (!options.regime.empty()) append_option(head, option_regime, options.regime);
  if (options.document_by_descriptor) append_option(head, option_document_by_descriptor);
  if (options.columns_by_descriptor) append_option(head, option_columns_by_descriptor);
  if (options.trace) {
    const auto bytes = encode_trace_context(*options.trace);
    append_option(head, option_trace_context, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  if (options.priority != request_priority::normal) {
    const auto level = static_cast<char>(options.priority);
    append_option(head, option_priority, {&level, 1});
  }
}

} // namespace

std::string encode_tokenize_head(const tokenize_options& options, uint32_t document_bytes) {
  require(options.regime.size() <= limits::regime_name_bytes_max, "a regime's name is as long as it may be");
  std::string head(tokenize_fixed_bytes, '\0');
  append_options(head, options);
  auto* const bytes = reinterpret_cast<uint8_t*>(head.data());
  endian::store_little_u32(bytes, static_cast<uint32_t>(head.size()));
  endian::store_little_u32(bytes + 4, document_bytes);
  endian::store_little_u32(bytes + 8, options.columns);
  bytes[12] = static_cast<uint8_t>(options.view);
  bytes[13] = static_cast<uint8_t>(options.unit);
  endian::store_little_u32(bytes + 16, options.deadline_ms);
  endian::store_little_u32(bytes + 20, options.issues_told_max);
  return head;
}

namespace {

/// Reads one option, which stands there for the first time, into what it says.
std::optional<status> decode_option(uint16_t id, std::string_view value, tokenize_options& into) noexcept {
  switch (id) {
    case option_regime:
      if (value.empty()) return status::malformed_frame;
      into.regime = value;
      return std::nullopt;
    case option_document_by_descriptor:
    case option_columns_by_descriptor:
      if (!value.empty()) return status::malformed_frame;
      (id == option_document_by_descriptor ? into.document_by_descriptor : into.columns_by_descriptor) = true;
      return std::nullopt;
    case option_trace_context:
      into.trace = decode_trace_context(value);
      return into.trace ? std::nullopt : std::optional{status::malformed_frame};
    case option_priority:
      if (value.size() != 1) return status::malformed_frame;
      if (static_cast<uint8_t>(value[0]) > request_priority_max) return status::unsupported_option;
      into.priority = static_cast<request_priority>(value[0]);
      return std::nullopt;
    default: return status::unsupported_option;
  }
}

/// Reads the options into what they say; or tells what is wrong with them.
std::optional<status> decode_options(std::span<const uint8_t> options, tokenize_options& into) noexcept {
  std::bitset<option_id_count> seen;
  while (!options.empty()) {
    if (options.size() < option_head_bytes) return status::malformed_frame;
    const uint16_t id = endian::load_little_u16(options.data());
    const size_t bytes = endian::load_little_u16(options.data() + 2);
    const size_t whole = option_head_bytes + padded_to_four(bytes);
    if (whole > options.size()) return status::malformed_frame;
    const std::string_view value{reinterpret_cast<const char*>(options.data()) + option_head_bytes, bytes};
    if (id < seen.size()) {
      if (seen.test(id)) return status::malformed_frame;
      seen.set(id);
    }
    if (const auto wrong = decode_option(id, value, into)) return wrong;
    if (!all_zero(options.subspan(option_head_bytes + bytes, whole - option_head_bytes - bytes)))
      return status::malformed_frame;
    options = options.subspan(whole);
  }
  return std::nullopt;
}

} // namespace

std::variant<tokenize_options, status> decode_tokenize_options(std::span<const uint8_t> head) noexcept {
  const uint8_t* const bytes = head.data();
  if (!all_zero(head.subspan(24, 8))) return status::malformed_frame;
  tokenize_options options{.columns = endian::load_little_u32(bytes + 8),
                           .deadline_ms = endian::load_little_u32(bytes + 16),
                           .issues_told_max = endian::load_little_u32(bytes + 20)};
  const uint8_t view = bytes[12], unit = bytes[13];
  if ((options.columns & ~all_columns) != 0) return status::unsupported_option;
  if (view > static_cast<uint8_t>(token_view::source) || unit > static_cast<uint8_t>(position_unit::utf16_units))
    return status::unsupported_option;
  options.view = static_cast<token_view>(view);
  options.unit = static_cast<position_unit>(unit);
  if (const auto wrong = decode_options(head.subspan(tokenize_fixed_bytes), options)) return *wrong;
  return options;
}

} // namespace texlex
