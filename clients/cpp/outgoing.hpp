// What is to be written to a socket that never blocks: frames from where they lie, a descriptor with the first byte of
// one.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>

#include "clients/cpp/request.hpp"
#include "runtime/socket.hpp"

namespace texlex::client_core {

class outgoing {
public:
  enum class event : uint8_t { all_written, blocked, failed };

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  /// A whole frame, or its beginning; `descriptor`, if it is one, goes with its first byte. Throws std::bad_alloc.
  void put(std::string bytes, owned_fd descriptor = {});
  /// What follows it, of a request's document. Throws std::bad_alloc.
  void put_document(const request& owner);

  /// The caller may free the request's document: what is not written of it is copied. Throws std::bad_alloc.
  void detach(const request& owner);

  /// As much as the socket takes; after `failed` errno tells.
  [[nodiscard]] event write(int socket) noexcept;

private:
  struct part {
    std::string owned;
    std::span<const uint8_t> rest;
    const request* owner = nullptr;
    owned_fd descriptor;
  };
  void written(size_t bytes) noexcept;

  std::deque<part> parts_;
};

} // namespace texlex::client_core
