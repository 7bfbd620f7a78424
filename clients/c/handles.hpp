// What the handles of client.h are, and callers' requests, checked. No exception leaves the library.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <span>
#include <variant>

#include "clients/cpp/engine.hpp"
#include "texlex/client.h"

struct texlex_client {
  std::shared_ptr<texlex::client_core::engine> engine;
};

struct texlex_client_answer {
  texlex::client_core::answer said;
};

struct texlex_client_offer {
  texlex::client_core::answer said; ///< with an offer if its status is ok
};

struct texlex_client_call {
  std::shared_ptr<texlex::client_core::engine> engine;
  texlex::client_core::request_ptr asked; ///< null: its answer was taken
};

namespace texlex::client_core {

/// Longer times overflow the clock, and nobody waits for their end.
inline constexpr uint64_t timeout_ms_max = uint64_t{1000} * 3600 * 24 * 365;

/// The status `call` returns, or that of what it threw.
template <class Call>
[[nodiscard]] texlex_client_status at_boundary(Call&& call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return TEXLEX_CLIENT_NO_MEMORY;
  } catch (...) {
    return TEXLEX_CLIENT_INTERNAL_ERROR;
  }
}

/// What an answer and an offer tell alike. Null handles are told of too.
template <class Handle>
[[nodiscard]] texlex_client_status status_of(const Handle* handle) noexcept {
  return handle == nullptr ? TEXLEX_CLIENT_NULL_ARGUMENT : handle->said.status;
}
template <class Handle>
[[nodiscard]] uint32_t server_status_of(const Handle* handle) noexcept {
  return handle == nullptr ? 0 : static_cast<uint32_t>(handle->said.server_status);
}
template <class Handle>
[[nodiscard]] uint64_t retry_after_ms_of(const Handle* handle) noexcept {
  return handle == nullptr ? 0 : static_cast<uint64_t>(handle->said.retry_after.count());
}
template <class Handle>
[[nodiscard]] const char* text_of(const Handle* handle) noexcept {
  if (handle == nullptr || handle->said.text.empty()) return texlex_client_status_text(status_of(handle));
  return handle->said.text.c_str();
}

/// A caller's request, understood.
struct asked_for {
  std::shared_ptr<const question> asked;
  duration timeout{};
  std::span<const uint8_t> document;
  int document_descriptor = -1;
  std::shared_ptr<const void> document_map;
};

/// Or why it cannot be. Throws std::bad_alloc.
[[nodiscard]] std::variant<asked_for, texlex_client_status> understand(const client_settings& settings,
                                                                       const texlex_client_request* given);

/// A request for one document of it, whose time begins now.
[[nodiscard]] request_ptr make_request(const asked_for& understood);

/// What a request that is done has become.
[[nodiscard]] texlex_client_answer* take_answer(request& done);

} // namespace texlex::client_core
