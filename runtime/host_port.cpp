#include "runtime/host_port.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace texlex {

namespace {

// With the brackets on. Nothing if what follows the last colon is no port.
std::optional<host_port> split_at_port(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  host_port parts;
  const char* const end = address.data() + address.size();
  const auto read = std::from_chars(address.data() + colon + 1, end, parts.port);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  parts.host = address.substr(0, colon);
  return parts;
}

bool has_brackets(const std::string& host) { return host.size() > 2 && host.front() == '[' && host.back() == ']'; }

std::string without_brackets(const std::string& host) {
  return has_brackets(host) ? host.substr(1, host.size() - 2) : host;
}

} // namespace

std::optional<host_port> split_host_port(const std::string& address) {
  auto parts = split_at_port(address);
  if (!parts || parts->port == 0) return std::nullopt;
  if (parts->host.find('/') != std::string::npos) return std::nullopt;
  parts->host = without_brackets(parts->host);
  return parts;
}

std::optional<host_port> split_listen_address(const std::string& address) {
  auto parts = split_at_port(address);
  if (!parts || parts->host.empty()) return std::nullopt;
  const bool is_bracketed = has_brackets(parts->host);
  parts->host = without_brackets(parts->host);
  const bool has_colon = parts->host.find(':') != std::string::npos;
  if (has_colon != is_bracketed || parts->host.find_first_of("[] ") != std::string::npos) return std::nullopt;
  return parts;
}

std::string address_text(const std::string& host, uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_loopback(const std::string& host) {
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return host == "localhost";
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
