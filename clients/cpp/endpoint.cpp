#include "clients/cpp/endpoint.hpp"

#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"

namespace texlex::client_core {
std::optional<endpoint> parse_endpoint(std::string_view url) {
  endpoint made{std::string{url}, {}, {}, 0};
  if (url.find('\0') != url.npos) return std::nullopt;
  if (url.starts_with(unix_scheme)) {
    made.path = url.substr(unix_scheme.size());
    if (made.path.empty() || made.path.size() > limits::unix_socket_path_max) return std::nullopt;
    return made;
  }
  if (!url.starts_with(tcp_scheme)) return std::nullopt;
  const std::string address{url.substr(tcp_scheme.size())};
  if (address.find_first_of("/?#@ ") != address.npos) return std::nullopt;
  auto parts = split_host_port(address);
  if (!parts || parts->host.empty()) return std::nullopt;
  const bool bare_ipv6 = parts->host.find(':') != parts->host.npos && address.front() != '[';
  if (bare_ipv6) return std::nullopt;
  made.host = std::move(parts->host);
  made.port = parts->port;
  return made;
}

} // namespace texlex::client_core
