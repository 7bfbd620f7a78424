#include "clients/cpp/question.hpp"

#include <algorithm>
#include <array>

#include <boost/endian/conversion.hpp>

#include "runtime/batch_frame.hpp"
#include "runtime/frame.hpp"

namespace texlex::client_core {
namespace {

constexpr uint32_t frame_release = 13;
constexpr uint16_t option_document_descriptor = 2;
constexpr uint16_t option_columns_by_descriptor = 3;

std::string headed(uint32_t type, uint64_t id, const std::string& head, uint64_t following_bytes) {
  const auto header = encode(frame_header{type, id, static_cast<uint32_t>(head.size() + following_bytes)});
  std::string frame(header.size() + head.size(), '\0');
  std::copy(head.begin(), head.end(), std::copy(header.begin(), header.end(), frame.begin()));
  return frame;
}

std::string headed(frame_type type, uint64_t id, const std::string& head, uint64_t following_bytes) {
  return headed(static_cast<uint32_t>(type), id, head, following_bytes);
}

tokenize_options options_of(const question& asked, uint32_t deadline_ms) {
  return {.columns = asked.columns,
          .view = asked.view,
          .unit = asked.unit,
          .deadline_ms = deadline_ms,
          .issues_told_max = asked.issues_told_max,
          .regime = asked.regime};
}

// An option without a value, behind those a head has.
void add_option(std::string& head, uint16_t id) {
  std::array<char, 4> option{static_cast<char>(id & 0xFF), static_cast<char>(id >> 8), 0, 0};
  head.append(option.data(), option.size());
  boost::endian::store_little_u32(reinterpret_cast<uint8_t*>(head.data()), static_cast<uint32_t>(head.size()));
}

std::string names_of(const hello_response& offer) {
  constexpr size_t names_told_max = 16;
  constexpr size_t name_bytes_told_max = 64;
  std::string names;
  for (size_t i = 0; i < std::min(offer.regimes.size(), names_told_max); ++i)
    names += (i == 0 ? "" : ", ") + offer.regimes[i].substr(0, name_bytes_told_max);
  if (offer.regimes.size() > names_told_max) names += ", ...";
  return names;
}

} // namespace

std::string tokenize_frame_head(uint64_t id, const question& asked, uint32_t deadline_ms, uint32_t document_bytes,
                                descriptor_use use) {
  std::string head = encode_tokenize_head(options_of(asked, deadline_ms), document_bytes);
  if (use.document) add_option(head, option_document_descriptor);
  if (use.columns) add_option(head, option_columns_by_descriptor);
  return headed(frame_type::tokenize, id, head, use.document ? 0 : document_bytes);
}

std::string batch_frame_head(uint64_t id, const question& asked, uint32_t deadline_ms,
                             std::span<const uint32_t> document_bytes) {
  uint64_t all = 0;
  for (const uint32_t each : document_bytes) all += each;
  return headed(frame_type::batch, id, encode_batch_head(options_of(asked, deadline_ms), document_bytes), all);
}

std::string request_frame_head(uint64_t id, uint32_t document_bytes) {
  const auto head = encode_request_head(id, document_bytes);
  return {head.begin(), head.end()};
}

std::string hello_frame(uint64_t id, bool with_descriptors) {
  const uint32_t features =
    static_cast<uint32_t>(hello_feature::going_away) | (with_descriptors ? feature_descriptors : 0);
  const auto said = encode_hello({.version_min = 1, .version_max = protocol_version_max, .features = features});
  return headed(frame_type::hello, id, {said.begin(), said.end()}, 0);
}

std::string cancel_frame(uint64_t id) { return headed(frame_type::cancel, id, {}, 0); }

std::string release_frame(uint64_t id) { return headed(frame_release, id, {}, 0); }

obstacle why_not_asked(const question& asked, uint64_t document_bytes, const hello_response& offer) {
  const bool counts_by_default = asked.columns == 0 && asked.regime.empty() && asked.view == token_view::tex;
  if (offer.version == 1 && !counts_by_default)
    return {"the server speaks version 1 of the protocol, which has counts of the tex view under the server's own "
            "regime and nothing else",
            false};
  if (offer.version != 1) {
    if ((asked.columns & ~offer.columns) != 0) return {"the server does not tell all the columns asked for", false};
    if (!asked.regime.empty()
        && std::find(offer.regimes.begin(), offer.regimes.end(), asked.regime) == offer.regimes.end())
      return {"the server has no regime \"" + asked.regime + "\"; it has " + names_of(offer), false};
    if (holds(asked.columns, column_set::issues) && asked.issues_told_max > offer.issues_told_max)
      return {"the server tells " + std::to_string(offer.issues_told_max) + " issues at most, and "
                + std::to_string(asked.issues_told_max) + " were asked for",
              false};
  }
  const uint64_t carried_max = UINT32_MAX - limits::tokenize_head_bytes_max;
  return {{}, document_bytes > std::min(offer.document_bytes_max, carried_max)};
}

} // namespace texlex::client_core
