#include "runtime/frame.hpp"

#include <boost/endian/conversion.hpp>

namespace texlex {

namespace endian = boost::endian;

std::array<uint8_t, frame_header_bytes> encode(const frame_header& header) noexcept {
  std::array<uint8_t, frame_header_bytes> bytes;
  endian::store_big_u32(bytes.data(), header.type);
  endian::store_big_u64(bytes.data() + 4, header.id);
  endian::store_big_u32(bytes.data() + 12, header.payload_bytes);
  return bytes;
}

frame_header decode_header(std::span<const uint8_t, frame_header_bytes> bytes) noexcept {
  return {endian::load_big_u32(bytes.data()), endian::load_big_u64(bytes.data() + 4),
          endian::load_big_u32(bytes.data() + 12)};
}

std::array<uint8_t, frame_header_bytes + document_length_bytes> encode_request_head(uint64_t id,
                                                                                    uint32_t document_bytes) noexcept {
  std::array<uint8_t, frame_header_bytes + document_length_bytes> bytes;
  endian::store_big_u32(bytes.data(), static_cast<uint32_t>(frame_type::request));
  endian::store_big_u64(bytes.data() + 4, id);
  endian::store_big_u32(bytes.data() + 12, document_bytes + static_cast<uint32_t>(document_length_bytes));
  endian::store_big_u32(bytes.data() + frame_header_bytes, document_bytes);
  return bytes;
}

std::array<uint8_t, response_frame_bytes> encode_response(uint64_t id, const outcome& result) noexcept {
  std::array<uint8_t, response_frame_bytes> bytes;
  endian::store_big_u32(bytes.data(), static_cast<uint32_t>(frame_type::response));
  endian::store_big_u64(bytes.data() + 4, id);
  endian::store_big_u32(bytes.data() + 12, static_cast<uint32_t>(response_payload_bytes));
  endian::store_big_u32(bytes.data() + 16, static_cast<uint32_t>(result.status));
  endian::store_big_u32(bytes.data() + 20, result.token_count);
  endian::store_big_u32(bytes.data() + 24, result.issue_count);
  bytes[28] = static_cast<uint8_t>(result.origin);
  return bytes;
}

outcome decode_response(std::span<const uint8_t, response_payload_bytes> payload) noexcept {
  outcome result;
  result.status = static_cast<status>(endian::load_big_u32(payload.data()));
  result.token_count = endian::load_big_u32(payload.data() + 4);
  result.issue_count = endian::load_big_u32(payload.data() + 8);
  const uint8_t from = payload[12];
  result.origin = from <= static_cast<uint8_t>(origin::hedge) ? static_cast<origin>(from) : origin::none;
  return result;
}

document_extent find_document(std::span<const uint8_t> payload) noexcept {
  if (payload.size() >= document_length_bytes) {
    const size_t claimed = endian::load_big_u32(payload.data());
    if (claimed == payload.size() - document_length_bytes) return {document_length_bytes, claimed, false};
  }
  return {0, payload.size(), true};
}

} // namespace texlex
