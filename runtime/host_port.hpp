// The address of a server, as people write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace texlex {

/// The two parts of "localhost:4000" or "[::1]:4000", the brackets taken off.
struct host_port {
  std::string host;
  uint16_t port = 0;
};

/// Nothing if `address` is not host:port.
[[nodiscard]] std::optional<host_port> split_host_port(const std::string& address);

/// The same of an address to listen on, whose port may be 0. It has a host, and around an IPv6 address brackets.
[[nodiscard]] std::optional<host_port> split_listen_address(const std::string& address);

/// As people write it: an IPv6 address has brackets.
[[nodiscard]] std::string address_text(const std::string& host, uint16_t port);

/// Whether `host` is this machine to itself and to no other: 127.0.0.0/8, ::1 or localhost. No name is looked up.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Whether something is written like a URL, with a scheme: "http://x". A path may be too, but ./http://x is none.
[[nodiscard]] bool is_url(std::string_view address) noexcept;

/// What is said behind an address that is none: neither a path with a slash nor host:port.
[[nodiscard]] std::string_view address_fault(std::string_view address) noexcept;

/// What URLs of servers begin with.
inline constexpr std::string_view unix_scheme = "unix:";
inline constexpr std::string_view tcp_scheme = "tcp://";

/// Of a URL as the clients have it, unix:PATH or tcp://host:port, the address: a path with a slash, or host:port.
/// Anything else stays as it is, and tcp:// without a port becomes neither.
[[nodiscard]] std::string address_of_url(const std::string& address);

} // namespace texlex
