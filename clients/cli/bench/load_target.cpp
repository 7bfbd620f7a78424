#include "clients/cli/bench/load_target.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <spdlog/fmt/fmt.h>

#include "runtime/client.hpp"
#include "runtime/limits.hpp"

namespace texlex::load {

namespace asio = boost::asio;

std::variant<load_target, target_error> find_target(const std::string& address) {
  if (is_unix_address(address)) {
    if (address.size() > limits::unix_socket_path_max)
      return target_error{fmt::format("the path {} is longer than the {} bytes a Unix socket's may have", address,
                                      limits::unix_socket_path_max)};
    return load_target{address, asio::local::stream_protocol::endpoint{address}, false};
  }
  const auto parts = split_host_port(address);
  if (!parts) return target_error{fmt::format("\"{}\" is neither a path with a slash nor host:port", address)};
  asio::io_context io;
  boost::system::error_code error;
  const auto found = asio::ip::tcp::resolver{io}.resolve(parts->host, std::to_string(parts->port), error);
  if (error || found.empty()) return target_error{fmt::format("cannot find {}: {}", address, error.message())};
  return load_target{address, found.begin()->endpoint(), true};
}

} // namespace texlex::load
