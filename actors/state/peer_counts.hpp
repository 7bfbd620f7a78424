// How many connections each peer of the network has: by address, of IPv6 by the network of 64 bits that one machine or
// household has to itself. This machine's own are not counted.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

#include <netinet/in.h>
#include <sys/socket.h>

namespace texlex {

using peer_key = std::array<uint8_t, 8>;

/// None: a Unix socket's peer, or this machine.
[[nodiscard]] inline std::optional<peer_key> peer_of(const sockaddr_storage& address) noexcept {
  const auto of_ipv4 = [](const uint8_t* bytes) -> std::optional<peer_key> {
    if (bytes[0] == 127) return std::nullopt;
    return peer_key{0, 0, 0, 0, bytes[0], bytes[1], bytes[2], bytes[3]}; // no IPv6 network begins like that
  };
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return of_ipv4(reinterpret_cast<const uint8_t*>(&in.sin_addr.s_addr));
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  if (IN6_IS_ADDR_LOOPBACK(&in.sin6_addr)) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) return of_ipv4(in.sin6_addr.s6_addr + 12);
  peer_key key;
  std::memcpy(key.data(), in.sin6_addr.s6_addr, key.size());
  return key;
}

class peer_counts {
public:
  /// 0: no limit.
  explicit peer_counts(uint32_t most) noexcept : most_(most) {}

  [[nodiscard]] bool full(const peer_key& peer) const noexcept {
    const auto found = counts_.find(peer);
    return most_ > 0 && found != counts_.end() && found->second >= most_;
  }
  /// Throws std::bad_alloc.
  void add(const peer_key& peer) { ++counts_[peer]; }
  void remove(const peer_key& peer) noexcept {
    const auto found = counts_.find(peer);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

private:
  uint32_t most_;
  std::map<peer_key, uint32_t> counts_;
};

} // namespace texlex
