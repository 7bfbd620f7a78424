#include "clients/cli/service_address.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/client.hpp"
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
  if (!parts || parts->host.empty())
    return fmt::format("\"{}\" is neither a path with a slash nor host:port.", address);
  const bool is_ipv6 = parts->host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + parts->host + "]" : parts->host;
  return service_url{fmt::format("tcp://{}:{}", host, parts->port)};
}

} // namespace texlex::cli
