// The addresses of a host's name, asked for in a thread of its own: that may take long, and cannot be told to stop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <sys/socket.h>

#include "clients/cpp/endpoint.hpp"
#include "runtime/socket.hpp"

namespace texlex::client_core {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};
using address_list = std::deque<socket_address>;

/// Without asking anybody: of a Unix socket, or a number. Nothing: it is a name.
[[nodiscard]] std::optional<address_list> known_addresses(const endpoint& where);

class address_lookup {
public:
  /// Why it could not begin, as a sentence.
  [[nodiscard]] static std::variant<address_lookup, std::string> begin(const endpoint& where);

  [[nodiscard]] int descriptor() const noexcept { return wake_.get(); }
  /// Nothing: not yet. Text: why there are none.
  [[nodiscard]] std::optional<std::variant<address_list, std::string>> take();

private:
  struct shared_state;
  address_lookup(owned_fd wake, std::shared_ptr<shared_state> state) noexcept
    : wake_(std::move(wake)), state_(std::move(state)) {}

  owned_fd wake_;
  std::shared_ptr<shared_state> state_;
};

} // namespace texlex::client_core
