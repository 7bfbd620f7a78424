// What a server may answer, as payloads: for those who play one. Knows nothing of Boost, so that fuzzers use it too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "runtime/tokenize_frame.hpp"

namespace texlex::test {

inline hello_response usual_offer() {
  hello_response offer;
  offer.features = static_cast<uint32_t>(hello_feature::going_away);
  offer.columns = all_columns;
  offer.document_bytes_max = 1u << 20;
  offer.requests_in_flight_max = 64;
  offer.issues_told_max = 65536;
  offer.batch_documents_max = 256;
  offer.regimes = {"latex", "plain"};
  return offer;
}

/// A response's payload that has a letter for each byte of the document: kinds and starts, and no others.
inline std::string letters(size_t document_bytes) {
  std::string kinds(document_bytes, '\x0b');
  std::string starts;
  for (uint32_t i = 0; i < document_bytes; ++i)
    starts.append({static_cast<char>(i & 0xFF), static_cast<char>(i >> 8 & 0xFF), static_cast<char>(i >> 16), '\0'});
  const auto bytes = [](const std::string& text) {
    return std::span<const uint8_t>{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  };
  const std::array<column_bytes, 2> columns{{{column_id::kind, bytes(kinds)}, {column_id::start, bytes(starts)}}};
  tokenized_head head;
  head.result = {status::ok, static_cast<uint32_t>(document_bytes), 0, origin::primary};
  head.unit = position_unit::code_points;
  std::string payload = encode_tokenized_head(head, columns);
  for (const std::string* each : {&kinds, &starts}) {
    payload += *each;
    payload.resize(padded_to_column(payload.size()));
  }
  return payload;
}

inline std::string refusal(status why, uint32_t retry_after_ms = 0) {
  tokenized_head head;
  head.result = {why, retry_after_ms, 0, origin::none};
  return encode_tokenized_head(head, {});
}

} // namespace texlex::test
