// Where a server listens, told by a URL: `unix:PATH` or `tcp://host:port`. No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace texlex::client_core {

struct endpoint {
  std::string url;
  std::string path; ///< of a Unix socket; empty: it is on TCP
  std::string host;
  uint16_t port = 0;

  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
};

/// Nothing if it is none: another scheme, a path that is too long or empty, no port, or more than host and port.
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view url);

} // namespace texlex::client_core
