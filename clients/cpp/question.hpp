// What is asked of documents, and the frames that ask it. No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/outcome.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex::client_core {

/// Holds for one document, or for all of a batch.
struct question {
  uint32_t columns = 0; ///< bits of `column_set`
  token_view view = token_view::tex;
  position_unit unit = position_unit::bytes;
  uint32_t issues_told_max = 0;
  std::string regime{};               ///< empty: the server's own
  bool columns_by_descriptor = false; ///< are welcome
  request_priority priority = request_priority::normal;
  std::optional<trace_context> trace{};
};

/// What a request may be sent as beside its document's bytes.
struct descriptor_use {
  bool document = false; ///< passes as a descriptor
  bool columns = false;  ///< may
};

/// Header and head of a tokenize frame: its document follows, unless it passes as a descriptor. Throws std::bad_alloc.
[[nodiscard]] std::string tokenize_frame_head(uint64_t id, const question& asked, uint32_t deadline_ms,
                                              uint32_t document_bytes, descriptor_use use);
/// Header and head of a batch, whose documents follow. Throws std::bad_alloc.
[[nodiscard]] std::string batch_frame_head(uint64_t id, const question& asked, uint32_t deadline_ms,
                                           std::span<const uint32_t> document_bytes);
/// Header and length of a request of version 1.
[[nodiscard]] std::string request_frame_head(uint64_t id, uint32_t document_bytes);
[[nodiscard]] std::string hello_frame(uint64_t id, bool with_descriptors);
[[nodiscard]] std::string cancel_frame(uint64_t id);
/// Tells that a response's descriptor is unmapped.
[[nodiscard]] std::string release_frame(uint64_t id);

/// Why a server with this offer cannot be asked: `sentence` for a person, empty if it can. A document that is too large
/// for it is told by the status.
struct obstacle {
  std::string sentence;
  bool document_too_large = false;

  [[nodiscard]] bool is_none() const noexcept { return sentence.empty() && !document_too_large; }
};
[[nodiscard]] obstacle why_not_asked(const question& asked, uint64_t document_bytes, const hello_response& offer);

} // namespace texlex::client_core
