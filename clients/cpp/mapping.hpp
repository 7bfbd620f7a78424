// Memory that passes between processes by a descriptor: sealed documents, and columns that the server lends.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime/socket.hpp"

namespace texlex::client_core {

/// Ids of responses whose memory is unmapped, for the connection to tell. Any thread may add.
class release_queue {
public:
  void add(uint64_t id) noexcept;
  /// Throws std::bad_alloc.
  [[nodiscard]] std::vector<uint64_t> take();

private:
  std::mutex mutex_;
  std::vector<uint64_t> ids_;
};

struct mapped_memory {
  std::shared_ptr<const void> memory; ///< unmaps, and where it was lent tells so
  std::span<const uint8_t> bytes;
};

/// Maps a response's columns read-only. Text: why not; then `id` is released at once.
[[nodiscard]] std::variant<mapped_memory, std::string>
map_columns(const owned_fd& descriptor, uint64_t bytes, std::shared_ptr<release_queue> releases, uint64_t id);

/// Maps a document out of sealed memory of the caller's. Nothing: it is none, or shorter.
[[nodiscard]] std::optional<mapped_memory> map_document(int descriptor, size_t bytes);

/// Sealed memory with a document. Not open: errno tells.
[[nodiscard]] owned_fd seal_document(std::span<const uint8_t> document) noexcept;

} // namespace texlex::client_core
