#include "clients/cli/bench/load_target.hpp"

#include <cstring>
#include <memory>
#include <netdb.h>
#include <sys/un.h>

#include <spdlog/fmt/fmt.h>

#include "runtime/client.hpp"
#include "runtime/limits.hpp"

namespace texlex::load {
namespace {

load_target target_at(const std::string& address, const void* endpoint, size_t bytes, bool is_tcp) {
  load_target target{address, {}, static_cast<socklen_t>(bytes), is_tcp};
  std::memcpy(&target.endpoint, endpoint, bytes);
  return target;
}

std::variant<load_target, target_error> find_unix(const std::string& address) {
  if (address.size() > limits::unix_socket_path_max)
    return target_error{fmt::format("the path {} is longer than the {} bytes a Unix socket's may have", address,
                                    limits::unix_socket_path_max)};
  sockaddr_un endpoint{};
  endpoint.sun_family = AF_UNIX;
  std::memcpy(endpoint.sun_path, address.data(), address.size());
  return target_at(address, &endpoint, sizeof endpoint, false);
}

} // namespace

std::variant<load_target, target_error> find_target(const std::string& address) {
  if (is_unix_address(address)) return find_unix(address);
  const auto parts = split_host_port(address);
  if (!parts) return target_error{fmt::format("\"{}\" {}", address, address_fault(address))};
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(parts->host.c_str(), std::to_string(parts->port).c_str(), &hints, &found))
    return target_error{fmt::format("cannot find {}: {}", address, ::gai_strerror(error))};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> release{found, &::freeaddrinfo};
  return target_at(address, found->ai_addr, found->ai_addrlen, true);
}

} // namespace texlex::load
