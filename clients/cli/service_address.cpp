#include "clients/cli/service_address.hpp"

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "runtime/client.hpp"
#include "runtime/host_port.hpp"
#include "runtime/limits.hpp"

namespace texlex::cli {

std::variant<service_url, std::string> url_of(const std::string& address) {
  if (address == default_socket())
    if (auto unsafe = check_default_folder()) return std::move(unsafe->sentence);
  if (is_unix_address(address)) {
    if (address.size() <= limits::unix_socket_path_max) return service_url{"unix:" + address};
    return fmt::format("\"{}\" is no path of a Unix socket: those have {} bytes at most.", address,
                       limits::unix_socket_path_max);
  }
  const auto parts = split_host_port(address);
  if (!parts || parts->host.empty()) return fmt::format("\"{}\" {}.", address, address_fault(address));
  const bool is_ipv6 = parts->host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + parts->host + "]" : parts->host;
  return service_url{fmt::format("tcp://{}:{}", host, parts->port)};
}

std::string socket_complaint(const std::string& address) {
  if (address.empty()) return "--socket has an empty name; give the Unix socket or host:port of a texlexd";
  if (is_unix_address(address) || split_host_port(address)) return {};
  const std::string shown = escape_file_name(address);
  if (is_url(address)) return fmt::format("--socket {} {}", shown, address_fault(address));
  return fmt::format("--socket {} {}; a socket in this folder is ./{}", shown, address_fault(address), shown);
}

} // namespace texlex::cli
