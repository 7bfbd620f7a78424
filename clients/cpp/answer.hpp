// What becomes of a request: counts and columns, checked, in memory of their own; or why there are none.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "clients/cpp/question.hpp"
#include "runtime/outcome.hpp"
#include "runtime/tokenize_frame.hpp"
#include "texlex/client.h"

namespace texlex::client_core {

/// How a request ended. The numbers are those of the interface.
using ending = texlex_client_status;

struct answer {
  ending status = TEXLEX_CLIENT_OK;
  texlex::status server_status = texlex::status::ok;
  std::chrono::milliseconds retry_after{0}; ///< of a refusal, if the server told
  std::string text;                         ///< what went wrong, for a person
  uint32_t token_count = 0;
  uint32_t issue_count = 0;
  uint32_t issues_told = 0;
  std::array<std::span<const uint8_t>, column_id_count + 1> columns{}; ///< by id, aligned to their entries
  std::shared_ptr<const void> memory;                                  ///< that the columns lie in
  bool is_mapped = false;                                              ///< the server's own memory, by a descriptor
  std::shared_ptr<const hello_response> offer;                         ///< of a request that asks for it
  bool others_were_served = false; ///< of an overload: others of its batch were, so that fewer would have been too

  [[nodiscard]] bool ok() const noexcept { return status == TEXLEX_CLIENT_OK; }
};

/// A failure by no status of the server's.
[[nodiscard]] answer failed(ending status, std::string text);
/// A refusal by the server. `retry_after_ms` counts only of an overload.
[[nodiscard]] answer refused(texlex::status status, uint32_t retry_after_ms);
/// The server said what it may not.
[[nodiscard]] answer broken_protocol(const std::string& what);

/// No response to such a request may be longer.
[[nodiscard]] uint64_t response_bytes_max(const question& asked, uint64_t document_bytes) noexcept;

/// A tokenize response's payload, which lies in `memory`: what it says, a refusal, or `broken_protocol`.
[[nodiscard]] answer read_response(const question& asked, uint64_t document_bytes, std::span<const uint8_t> payload,
                                   std::shared_ptr<const void> memory);

/// A response of version 1: counts.
[[nodiscard]] answer read_counts(const outcome& said, uint64_t document_bytes);

/// No response to such a request may want more of a descriptor to be mapped.
[[nodiscard]] uint64_t mapped_bytes_max(const question& asked, uint64_t document_bytes) noexcept;

/// The same as `read_response`, with the columns in `mapped`.
[[nodiscard]] answer read_mapped_response(const question& asked, uint64_t document_bytes,
                                          std::span<const uint8_t> payload, std::span<const uint8_t> mapped,
                                          std::shared_ptr<const void> memory);

} // namespace texlex::client_core
