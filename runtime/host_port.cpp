#include "runtime/host_port.hpp"

#include <algorithm>
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
  if (parts.host.find('/') != std::string::npos) return std::nullopt;
  if (parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']')
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

bool is_url(std::string_view address) noexcept {
  const std::string_view scheme = address.substr(0, address.find("://"));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  return scheme.size() < address.size() && !scheme.empty() && is_letter(scheme.front())
         && std::all_of(scheme.begin(), scheme.end(), may_follow);
}

std::string_view address_fault(std::string_view address) noexcept {
  return is_url(address) ? "is no URL of a texlexd; give unix:PATH, tcp://host:port, a path with a slash or host:port"
                         : "is neither a path with a slash nor host:port";
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
