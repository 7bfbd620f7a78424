// Frames of version 2 that carry several documents, byte by byte, without sockets. docs/protocol-2.md is the
// specification. What is decoded is checked, as in runtime/tokenize_frame.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime/outcome.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex {

/// What stands before the documents: options that hold for each of them, and how long each is. Throws std::bad_alloc.
/// From 1 to limits::batch_documents_max documents, 4 GiB - 1 bytes in all at most.
[[nodiscard]] std::string encode_batch_head(const tokenize_options& options, std::span<const uint32_t> document_bytes);

/// A batch's payload, taken apart; all of it lies there still.
struct batch_request {
  tokenize_options options;
  std::span<const uint8_t> lengths; ///< of the documents, four bytes each
  std::span<const uint8_t> text;    ///< theirs, one behind the other

  [[nodiscard]] size_t documents() const noexcept { return lengths.size() / 4; }
  /// Calls `each(document)` for every one, in their order.
  template <class Each>
  void for_each_document(Each each) const {
    size_t begin = 0;
    for (size_t i = 0; i < documents(); ++i) {
      const size_t bytes = document_bytes(i);
      each(text.subspan(begin, bytes));
      begin += bytes;
    }
  }

private:
  [[nodiscard]] uint32_t document_bytes(size_t index) const noexcept;
};

/// How many documents a batch's payload says it has, before it is known to be one; never more than there may be.
[[nodiscard]] size_t batch_documents_announced(std::span<const uint8_t> payload) noexcept;

/// Takes a payload apart, or tells why that is not possible: `malformed_frame`, or `unsupported_option`. The lengths
/// of what it yields add up to the text's.
[[nodiscard]] std::variant<batch_request, status> decode_batch(std::span<const uint8_t> payload) noexcept;

/// The head and the directory of a response with payloads of tokenize responses of these lengths, which follow it. A
/// `status` that is not ok tells why no document was begun: then there are none. Throws std::bad_alloc.
[[nodiscard]] std::string encode_batch_response_head(const outcome& whole, std::span<const uint64_t> response_bytes);
/// Bytes of that head and directory.
[[nodiscard]] uint64_t batch_response_head_bytes(size_t documents) noexcept;

/// A response to a batch, taken apart.
struct batch_response {
  outcome whole;                                   ///< why there are none, if it is not ok
  std::vector<std::span<const uint8_t>> responses; ///< payloads for `decode_tokenized`, in the documents' order
};

/// Nothing if it contradicts itself: every response it yields lies within the payload. Throws std::bad_alloc.
[[nodiscard]] std::optional<batch_response> decode_batch_response(std::span<const uint8_t> payload);

} // namespace texlex
