#include "clients/cpp/mapped_columns.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/endian/conversion.hpp>

#include "runtime/version_2.hpp"

namespace texlex::client_core {
namespace {

namespace endian = boost::endian;

constexpr size_t entry_bytes = 16;
constexpr size_t entries_max = 64;

struct entry {
  uint16_t id;
  uint16_t type;
  uint64_t begin;
  uint64_t length;
};

entry read_entry(const uint8_t* bytes) noexcept {
  return {endian::load_little_u16(bytes), endian::load_little_u16(bytes + 2),
          uint64_t{endian::load_little_u32(bytes + 4)} * column_alignment_bytes, endian::load_little_u64(bytes + 8)};
}

} // namespace

// The same head and directory with columns of no bytes is a response of the usual kind: its own reader checks the head.
// The entries are checked here, since they count from the begin of what is mapped.
std::optional<tokenized> decode_mapped(std::span<const uint8_t> payload, std::span<const uint8_t> mapped) {
  using namespace version_2;
  if (payload.size() < tokenized_head_bytes) return std::nullopt;
  const auto begun = read_response_begin(payload);
  if (!begun || begun->result.status != status::ok || begun->entries > entries_max) return std::nullopt;
  const size_t directory_end = tokenized_head_bytes + entry_bytes * begun->entries;
  if (payload.size() != tokenized_head_bytes + padded_to_column(entry_bytes * begun->entries)) return std::nullopt;
  if (!all_zero(payload.subspan(directory_end))) return std::nullopt;

  std::vector<uint8_t> head(payload.begin(), payload.begin() + static_cast<ptrdiff_t>(tokenized_head_bytes));
  endian::store_little_u16(head.data() + 6, 0);
  endian::store_little_u64(head.data() + 16, head.size());
  auto result = decode_tokenized(head);
  if (!result) return std::nullopt;

  uint64_t end = 0; // of the column before
  uint16_t last_id = 0;
  for (size_t i = 0; i < begun->entries; ++i) {
    const entry said = read_entry(payload.data() + tokenized_head_bytes + entry_bytes * i);
    if (said.id <= last_id || said.begin < end || said.begin > mapped.size()
        || said.length > mapped.size() - said.begin)
      return std::nullopt;
    last_id = said.id;
    end = said.begin + said.length;
    if (said.id > column_id_count) continue; // of a later version
    const auto id = static_cast<column_id>(said.id);
    const bool one_byte = id == column_id::kind || id == column_id::name_byte || id == column_id::issue_kind;
    if (said.type != (one_byte ? 1 : 2)) return std::nullopt;
    const uint64_t tokens = result->head.result.token_count;
    uint64_t entries = tokens;
    if (id == column_id::name_offset) entries = tokens + 1;
    if (id == column_id::issue_kind || id == column_id::issue_offset) entries = result->head.issues_told;
    if (id != column_id::name_byte && entries * (one_byte ? 1 : 4) != said.length) return std::nullopt;
    result->columns[said.id] = mapped.subspan(static_cast<size_t>(said.begin), static_cast<size_t>(said.length));
  }
  return result;
}

} // namespace texlex::client_core
