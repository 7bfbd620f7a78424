// One server of a client: the connection to it, if there is one, and when to try again if it failed. Of the client's
// lock.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "clients/cpp/address_lookup.hpp"
#include "clients/cpp/connection.hpp"
#include "clients/cpp/endpoint.hpp"

namespace texlex::client_core {

class server_link {
public:
  server_link(endpoint where, duration connect_timeout) : where_(std::move(where)), connect_timeout_(connect_timeout) {}

  [[nodiscard]] connection* open_connection() noexcept { return connection_ ? &*connection_ : nullptr; }
  [[nodiscard]] const connection* open_connection() const noexcept { return connection_ ? &*connection_ : nullptr; }
  [[nodiscard]] const endpoint& where() const noexcept { return where_; }
  [[nodiscard]] bool is_opening() const noexcept { return lookup_ || (connection_ && !connection_->is_open()); }
  [[nodiscard]] bool may_be_tried(instant now) const noexcept { return now >= down_until_; }
  [[nodiscard]] instant down_until() const noexcept { return down_until_; }
  /// Readable when the addresses of its name are there; -1: none are asked for.
  [[nodiscard]] int lookup_descriptor() const noexcept { return lookup_ ? lookup_->descriptor() : -1; }

  /// Connects, or asks for the addresses of its name first. A failure: it cannot.
  [[nodiscard]] std::optional<answer> begin_open(instant now);
  /// The addresses of its name are there: connects.
  [[nodiscard]] std::optional<answer> go_on_opening();
  /// Could not be connected to: the next address, if there is one. Nothing: it is tried.
  [[nodiscard]] std::optional<answer> try_next_address();
  [[nodiscard]] bool has_further_address() const noexcept { return !addresses_.empty(); }

  [[nodiscard]] instant due() const noexcept;
  [[nodiscard]] std::optional<answer> check_time(instant now) const;

  void opened() noexcept;
  /// Its connection is closed. `pause`: how long it is left alone; nothing: it did not fail.
  void lost(instant now, std::optional<duration> pause) noexcept;
  /// Failures in a row.
  [[nodiscard]] uint32_t failures() const noexcept { return failures_; }

private:
  endpoint where_;
  duration connect_timeout_;
  std::optional<connection> connection_;
  std::optional<address_lookup> lookup_;
  std::deque<socket_address> addresses_;
  instant opening_until_{};
  instant down_until_{};
  uint32_t failures_ = 0;
  bool greets_ = true;
};

} // namespace texlex::client_core
