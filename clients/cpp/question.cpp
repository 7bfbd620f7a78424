#include "clients/cpp/question.hpp"

#include <algorithm>

#include "runtime/batch_frame.hpp"
#include "runtime/frame.hpp"

namespace texlex::client_core {
namespace {

std::string headed(frame_type type, uint64_t id, const std::string& head, uint64_t following_bytes) {
  const auto payload_bytes = static_cast<uint32_t>(head.size() + following_bytes);
  const auto header = encode(frame_header{static_cast<uint32_t>(type), id, payload_bytes});
  std::string frame(header.size() + head.size(), '\0');
  std::copy(head.begin(), head.end(), std::copy(header.begin(), header.end(), frame.begin()));
  return frame;
}

tokenize_options options_of(const question& asked, uint32_t deadline_ms, descriptor_use use = {}) {
  return {.columns = asked.columns,
          .view = asked.view,
          .unit = asked.unit,
          .deadline_ms = deadline_ms,
          .issues_told_max = asked.issues_told_max,
          .regime = asked.regime,
          .document_by_descriptor = use.document,
          .columns_by_descriptor = use.columns,
          .priority = asked.priority,
          .trace = asked.trace};
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
  const std::string head = encode_tokenize_head(options_of(asked, deadline_ms, use), document_bytes);
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
  const uint32_t features = static_cast<uint32_t>(hello_feature::going_away)
                            | (with_descriptors ? static_cast<uint32_t>(hello_feature::descriptors) : 0);
  const auto said = encode_hello({.version_min = 1, .version_max = protocol_version_max, .features = features});
  return headed(frame_type::hello, id, {said.begin(), said.end()}, 0);
}

std::string cancel_frame(uint64_t id) { return headed(frame_type::cancel, id, {}, 0); }

std::string release_frame(uint64_t id) { return headed(frame_type::release, id, {}, 0); }

obstacle why_not_asked(const question& asked, uint64_t document_bytes, const hello_response& offer) {
  const bool counts_by_default = asked.columns == 0 && asked.regime.empty() && asked.view == token_view::tex
                                 && asked.priority == request_priority::normal && !asked.trace;
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
