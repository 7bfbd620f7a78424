#include "runtime/batch_frame.hpp"

#include <algorithm>

#include <boost/endian/conversion.hpp>

#include "runtime/invariant.hpp"
#include "runtime/version_2.hpp"

namespace texlex {
namespace {

namespace endian = boost::endian;
using namespace version_2;

constexpr size_t length_bytes = 4;
constexpr size_t documents_at = 14; ///< of the head: how many there are
constexpr size_t response_head_bytes = 64;

} // namespace

std::string encode_batch_head(const tokenize_options& options, std::span<const uint32_t> document_bytes) {
  require(!document_bytes.empty() && document_bytes.size() <= limits::batch_documents_max,
          "a batch has as many documents as it may");
  uint64_t all = 0;
  for (const uint32_t each : document_bytes) all += each;
  require(all <= UINT32_MAX, "a batch's documents are as long as they may be");
  std::string head = encode_tokenize_head(options, static_cast<uint32_t>(all));
  const size_t table = head.size();
  head.resize(table + length_bytes * document_bytes.size());
  auto* const bytes = reinterpret_cast<uint8_t*>(head.data());
  endian::store_little_u32(bytes, static_cast<uint32_t>(head.size()));
  endian::store_little_u16(bytes + documents_at, static_cast<uint16_t>(document_bytes.size()));
  for (size_t i = 0; i < document_bytes.size(); ++i)
    endian::store_little_u32(bytes + table + length_bytes * i, document_bytes[i]);
  return head;
}

uint32_t batch_request::document_bytes(size_t index) const noexcept {
  return endian::load_little_u32(lengths.data() + length_bytes * index);
}

size_t batch_documents_announced(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < tokenize_fixed_bytes) return 0;
  return std::min<size_t>(endian::load_little_u16(payload.data() + documents_at), limits::batch_documents_max);
}

std::variant<batch_request, status> decode_batch(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < tokenize_fixed_bytes) return status::malformed_frame;
  const uint64_t head_bytes = endian::load_little_u32(payload.data());
  const uint64_t all_bytes = endian::load_little_u32(payload.data() + 4);
  const size_t documents = endian::load_little_u16(payload.data() + documents_at);
  if (documents == 0 || documents > limits::batch_documents_max) return status::malformed_frame;
  const size_t table_bytes = length_bytes * documents;
  if (head_bytes < tokenize_fixed_bytes + table_bytes || head_bytes % 4 != 0) return status::malformed_frame;
  if (head_bytes > limits::tokenize_head_bytes_max + table_bytes) return status::malformed_frame;
  if (head_bytes + all_bytes != payload.size()) return status::malformed_frame;

  const size_t table = static_cast<size_t>(head_bytes) - table_bytes;
  const auto options = decode_tokenize_options(payload.first(table));
  if (const auto* const wrong = std::get_if<status>(&options)) return *wrong;
  // Many documents lie in one payload so that they need no memory of their own.
  if (const auto& asked = std::get<tokenize_options>(options);
      asked.document_by_descriptor || asked.columns_by_descriptor)
    return status::unsupported_option;
  const batch_request request{.options = std::get<tokenize_options>(options),
                              .lengths = payload.subspan(table, table_bytes),
                              .text = payload.subspan(static_cast<size_t>(head_bytes))};
  uint64_t sum = 0;
  for (size_t at = 0; at < table_bytes; at += length_bytes) sum += endian::load_little_u32(request.lengths.data() + at);
  if (sum != all_bytes) return status::malformed_frame;
  return request;
}

uint64_t batch_response_head_bytes(size_t documents) noexcept {
  return response_head_bytes + padded_to_column(directory_entry_bytes * documents);
}

std::string encode_batch_response_head(const outcome& whole, std::span<const uint64_t> response_bytes) {
  std::string head(static_cast<size_t>(batch_response_head_bytes(response_bytes.size())), '\0');
  auto* const bytes = reinterpret_cast<uint8_t*>(head.data());
  uint64_t at = head.size();
  uint8_t* entry = bytes + response_head_bytes;
  for (const uint64_t each : response_bytes) {
    endian::store_little_u32(entry, static_cast<uint32_t>(at / column_alignment_bytes));
    endian::store_little_u64(entry + 8, each);
    at += padded_to_column(each);
    entry += directory_entry_bytes;
  }
  write_response_begin(bytes, {static_cast<uint16_t>(response_bytes.size()), whole}, at);
  return head;
}

std::optional<batch_response> decode_batch_response(std::span<const uint8_t> payload) {
  if (payload.size() < response_head_bytes) return std::nullopt;
  const auto begin_of_all = read_response_begin(payload);
  if (!begin_of_all) return std::nullopt;
  const size_t documents = begin_of_all->entries;
  batch_response result{.whole = begin_of_all->result, .responses = {}};
  uint64_t end = batch_response_head_bytes(documents); // of what was looked at so far
  if (end > payload.size() || (result.whole.status != status::ok && documents > 0)) return std::nullopt;
  for (size_t i = 0; i < documents; ++i) {
    const uint8_t* const entry = payload.data() + response_head_bytes + directory_entry_bytes * i;
    const uint64_t begin = uint64_t{endian::load_little_u32(entry)} * column_alignment_bytes;
    const uint64_t length = endian::load_little_u64(entry + 8);
    if (begin < end || begin > payload.size() || length > payload.size() - begin) return std::nullopt;
    end = begin + length;
    result.responses.push_back(payload.subspan(static_cast<size_t>(begin), static_cast<size_t>(length)));
  }
  return result;
}

} // namespace texlex
