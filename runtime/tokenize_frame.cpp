#include "runtime/tokenize_frame.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/endian/conversion.hpp>

#include "runtime/invariant.hpp"
#include "runtime/version_2.hpp"

namespace texlex {
namespace {

namespace endian = boost::endian;

using namespace version_2;

constexpr size_t lent_at = 39;       ///< of a response's head: whether its columns are
constexpr size_t lent_bytes_at = 40; ///< how many bytes of what is passed hold them

enum class column_type : uint16_t { one_byte = 1, four_bytes = 2 };

constexpr column_type type_of(column_id id) noexcept {
  return id == column_id::kind || id == column_id::name_byte || id == column_id::issue_kind ? column_type::one_byte
                                                                                            : column_type::four_bytes;
}

uint8_t* bytes_of(std::string& text) noexcept { return reinterpret_cast<uint8_t*>(text.data()); }

} // namespace

std::array<uint8_t, hello_bytes> encode_hello(const hello& said) noexcept {
  std::array<uint8_t, hello_bytes> bytes{};
  std::copy(magic.begin(), magic.end(), bytes.begin());
  endian::store_little_u16(bytes.data() + 4, said.version_min);
  endian::store_little_u16(bytes.data() + 6, said.version_max);
  endian::store_little_u32(bytes.data() + 8, said.features);
  return bytes;
}

std::optional<hello> decode_hello(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < hello_bytes || !begins_with_magic(payload)) return std::nullopt;
  if (!all_zero(payload.subspan(12, 4))) return std::nullopt;
  const hello said{endian::load_little_u16(payload.data() + 4), endian::load_little_u16(payload.data() + 6),
                   endian::load_little_u32(payload.data() + 8)};
  if (said.version_min > said.version_max) return std::nullopt;
  return said;
}

std::string encode_hello_response(const hello_response& said) {
  std::string payload(hello_response_bytes, '\0');
  uint8_t* const bytes = bytes_of(payload);
  std::copy(magic.begin(), magic.end(), bytes);
  endian::store_little_u16(bytes + 4, said.version);
  endian::store_little_u16(bytes + 6, hello_response_bytes);
  endian::store_little_u32(bytes + 8, said.features);
  endian::store_little_u32(bytes + 12, said.columns);
  endian::store_little_u64(bytes + 16, said.document_bytes_max);
  endian::store_little_u32(bytes + 24, said.requests_in_flight_max);
  endian::store_little_u32(bytes + 28, said.issues_told_max);
  endian::store_little_u32(bytes + 32, said.head_bytes_max);
  endian::store_little_u32(bytes + 36, said.batch_documents_max);
  for (const std::string& name : said.regimes) payload.append(name).push_back('\n');
  return payload;
}

std::optional<hello_response> decode_hello_response(std::span<const uint8_t> payload) {
  if (payload.size() < hello_response_bytes || !begins_with_magic(payload)) return std::nullopt;
  const uint8_t* const bytes = payload.data();
  const size_t fixed_bytes = endian::load_little_u16(bytes + 6);
  if (fixed_bytes < hello_response_bytes || fixed_bytes > payload.size()) return std::nullopt;
  hello_response said{.version = endian::load_little_u16(bytes + 4),
                      .features = endian::load_little_u32(bytes + 8),
                      .columns = endian::load_little_u32(bytes + 12),
                      .document_bytes_max = endian::load_little_u64(bytes + 16),
                      .requests_in_flight_max = endian::load_little_u32(bytes + 24),
                      .issues_told_max = endian::load_little_u32(bytes + 28),
                      .head_bytes_max = endian::load_little_u32(bytes + 32),
                      .batch_documents_max = endian::load_little_u32(bytes + 36),
                      .regimes = {}};
  std::string_view names{reinterpret_cast<const char*>(bytes) + fixed_bytes, payload.size() - fixed_bytes};
  for (size_t end = names.find('\n'); end != names.npos; end = names.find('\n')) {
    said.regimes.emplace_back(names.substr(0, end));
    names.remove_prefix(end + 1);
  }
  if (!names.empty()) return std::nullopt;
  return said;
}

std::array<uint8_t, going_away_bytes> encode_going_away(const going_away& said) noexcept {
  std::array<uint8_t, going_away_bytes> bytes{};
  std::copy(magic.begin(), magic.end(), bytes.begin());
  endian::store_little_u16(bytes.data() + 4, protocol_version_max);
  endian::store_little_u64(bytes.data() + 8, said.requests_taken);
  endian::store_little_u64(bytes.data() + 16, said.last_id);
  return bytes;
}

std::optional<going_away> decode_going_away(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < going_away_bytes || !begins_with_magic(payload)) return std::nullopt;
  if (endian::load_little_u16(payload.data() + 4) != protocol_version_max) return std::nullopt;
  return going_away{endian::load_little_u64(payload.data() + 8), endian::load_little_u64(payload.data() + 16)};
}

std::variant<tokenize_request, status> decode_tokenize(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < tokenize_fixed_bytes) return status::malformed_frame;
  const uint64_t head_bytes = endian::load_little_u32(payload.data());
  const uint64_t document_bytes = endian::load_little_u32(payload.data() + 4);
  if (head_bytes < tokenize_fixed_bytes || head_bytes > limits::tokenize_head_bytes_max || head_bytes % 4 != 0)
    return status::malformed_frame;
  if (head_bytes > payload.size() || !all_zero(payload.subspan(14, 2))) return status::malformed_frame;
  const auto decoded = decode_tokenize_options(payload.first(static_cast<size_t>(head_bytes)));
  if (const auto* const wrong = std::get_if<status>(&decoded)) return *wrong;
  const auto& options = std::get<tokenize_options>(decoded);
  if (head_bytes + (options.document_by_descriptor ? 0 : document_bytes) != payload.size())
    return status::malformed_frame;
  return tokenize_request{options, static_cast<size_t>(head_bytes), static_cast<size_t>(document_bytes)};
}

namespace {

uint64_t directory_bytes(size_t columns) noexcept { return padded_to_column(columns * directory_entry_bytes); }

/// How many entries a column has; nothing: as many as there are.
std::optional<uint64_t> entries_of(column_id id, const tokenized_head& head) noexcept {
  switch (id) {
    case column_id::name_byte: return std::nullopt;
    case column_id::name_offset: return uint64_t{head.result.token_count} + 1;
    case column_id::issue_kind:
    case column_id::issue_offset: return head.issues_told;
    default: return head.result.token_count;
  }
}

bool is_known(uint16_t id) noexcept { return id <= column_id_count; } // they begin with 1, and rise

} // namespace

uint64_t tokenized_payload_bytes(column_list columns, bool lent) noexcept {
  uint64_t bytes = tokenized_head_bytes + directory_bytes(columns.size());
  if (lent) return bytes;
  for (const column_bytes& each : columns) bytes += padded_to_column(each.bytes.size());
  return bytes;
}

std::string encode_tokenized_head(const tokenized_head& head, column_list columns, std::span<const uint8_t> lent) {
  std::string payload(tokenized_head_bytes + static_cast<size_t>(directory_bytes(columns.size())), '\0');
  uint8_t* bytes = bytes_of(payload);
  const bool ok = head.result.status == status::ok;
  write_response_begin(bytes, {static_cast<uint16_t>(columns.size()), head.result},
                       tokenized_payload_bytes(columns, !lent.empty()));
  endian::store_little_u32(bytes + 24, ok ? head.result.token_count : 0);
  endian::store_little_u32(bytes + 28, head.result.issue_count);
  endian::store_little_u32(bytes + 32, head.issues_told);
  bytes[36] = static_cast<uint8_t>(head.result.origin);
  bytes[37] = static_cast<uint8_t>(head.view);
  bytes[38] = static_cast<uint8_t>(head.unit);
  uint64_t at = payload.size();
  uint64_t lent_end = 0;
  bytes += tokenized_head_bytes;
  for (const column_bytes& each : columns) {
    if (!lent.empty()) at = static_cast<uint64_t>(each.bytes.data() - lent.data());
    endian::store_little_u16(bytes, static_cast<uint16_t>(each.id));
    endian::store_little_u16(bytes + 2, static_cast<uint16_t>(type_of(each.id)));
    endian::store_little_u32(bytes + 4, static_cast<uint32_t>(at / column_alignment_bytes));
    endian::store_little_u64(bytes + 8, each.bytes.size());
    at += padded_to_column(each.bytes.size());
    lent_end = std::max(lent_end, at);
    bytes += directory_entry_bytes;
  }
  if (lent.empty()) return payload;
  payload[lent_at] = 1;
  endian::store_little_u64(bytes_of(payload) + lent_bytes_at, lent_end);
  return payload;
}

std::optional<uint64_t> lent_bytes(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < tokenized_head_bytes || payload[lent_at] != 1) return std::nullopt;
  return endian::load_little_u64(payload.data() + lent_bytes_at);
}

namespace {

/// All but the columns.
std::optional<tokenized_head> decode_head(std::span<const uint8_t> payload, const response_begin& begun) noexcept {
  const uint8_t* const bytes = payload.data();
  tokenized_head head;
  head.result = begun.result;
  if (head.result.status == status::ok) head.result.token_count = endian::load_little_u32(bytes + 24);
  head.result.issue_count = endian::load_little_u32(bytes + 28);
  head.result.origin = bytes[36] <= static_cast<uint8_t>(origin::hedge) ? static_cast<origin>(bytes[36]) : origin::none;
  head.issues_told = endian::load_little_u32(bytes + 32);
  if (bytes[37] > static_cast<uint8_t>(token_view::source)) return std::nullopt;
  if (bytes[38] > static_cast<uint8_t>(position_unit::utf16_units)) return std::nullopt;
  head.view = static_cast<token_view>(bytes[37]);
  head.unit = static_cast<position_unit>(bytes[38]);
  return head;
}

} // namespace

std::optional<tokenized> decode_tokenized(std::span<const uint8_t> payload, std::span<const uint8_t> lent) noexcept {
  if (payload.size() < tokenized_head_bytes) return std::nullopt;
  const auto begun = read_response_begin(payload);
  const auto head = begun ? decode_head(payload, *begun) : std::nullopt;
  if (!head) return std::nullopt;
  const size_t count = begun->entries;
  if (tokenized_head_bytes + directory_bytes(count) > payload.size()
      || (begun->result.status != status::ok && count > 0))
    return std::nullopt;
  const auto lent_length = lent_bytes(payload);
  if (lent_length && *lent_length > lent.size()) return std::nullopt;
  const std::span<const uint8_t> memory = lent_length ? lent : payload;

  tokenized result{.head = *head, .columns = {}};
  uint64_t end = tokenized_head_bytes + count * directory_entry_bytes; // of what was looked at of the payload so far
  const auto padded_to = [&](uint64_t begin) {
    return begin >= end && all_zero(payload.subspan(static_cast<size_t>(end), static_cast<size_t>(begin - end)));
  };
  uint16_t last_id = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* const entry = payload.data() + tokenized_head_bytes + i * directory_entry_bytes;
    const uint16_t id = endian::load_little_u16(entry);
    const uint64_t begin = uint64_t{endian::load_little_u32(entry + 4)} * column_alignment_bytes;
    const uint64_t length = endian::load_little_u64(entry + 8);
    if (std::exchange(last_id, id) >= id || begin > memory.size() || length > memory.size() - begin)
      return std::nullopt;
    if (!lent_length && !padded_to(begin)) return std::nullopt;
    if (!lent_length) end = begin + length;
    if (!is_known(id)) continue;
    const auto known = static_cast<column_id>(id);
    if (endian::load_little_u16(entry + 2) != static_cast<uint16_t>(type_of(known))) return std::nullopt;
    const uint64_t width = type_of(known) == column_type::one_byte ? 1 : 4;
    const auto entries = entries_of(known, result.head);
    if (entries && *entries * width != length) return std::nullopt;
    result.columns[id] = memory.subspan(static_cast<size_t>(begin), static_cast<size_t>(length));
  }
  if (!padded_to(payload.size())) return std::nullopt;
  return result;
}

} // namespace texlex
