// The address of a server on TCP, as people write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace texlex {

/// The two parts of "localhost:4000" or "[::1]:4000", the brackets taken off.
struct host_port {
  std::string host;
  uint16_t port = 0;
};

/// Nothing if `address` is not host:port.
[[nodiscard]] std::optional<host_port> split_host_port(const std::string& address);

} // namespace texlex
