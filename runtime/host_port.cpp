#include "runtime/host_port.hpp"

#include <charconv>

namespace texlex {

std::optional<host_port> split_host_port(const std::string& address) {
  const size_t colon = address.rfind(':');
  host_port parts;
  const char* const end = address.data() + address.size();
  if (colon == std::string::npos || std::from_chars(address.data() + colon + 1, end, parts.port).ptr != end
      || parts.port == 0)
    return std::nullopt;
  parts.host = address.substr(0, colon);
  if (parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']')
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

std::string address_of_url(const std::string& address) {
  if (address.starts_with(unix_scheme) && address.size() > unix_scheme.size()) {
    std::string path = address.substr(unix_scheme.size());
    return path.find('/') != std::string::npos ? path : "./" + path;
  }
  if (!address.starts_with(tcp_scheme)) return address;
  std::string rest = address.substr(tcp_scheme.size());
  return rest.find('/') == std::string::npos ? rest : address;
}

} // namespace texlex
