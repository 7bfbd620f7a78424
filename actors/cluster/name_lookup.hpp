// Names of hosts to addresses, on threads of their own: the resolver may take many seconds, and cannot be told to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <sys/socket.h>

namespace texlex {

struct peer_address {
  sockaddr_storage bytes{};
  socklen_t byte_count = 0;
};

/// The address that is written there: nothing if it is a name.
[[nodiscard]] std::optional<peer_address> numeric_address(const std::string& host, uint16_t port);
/// With its port, for a person.
[[nodiscard]] std::string text_of(const sockaddr_storage& address);

class name_lookup {
public:
  using found = std::variant<std::vector<peer_address>, std::string>;
  using answer = std::function<void(found)>; ///< on a thread that may wait

  /// `threads_max` names at a time, and so many more wait; threads end when there is nothing to do.
  name_lookup(uint32_t threads_max, size_t waiting_max);
  /// Who still waits hears nothing. A thread that is held by the resolver ends by itself, later.
  ~name_lookup();
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

  /// All addresses of a name, at least one, or why there are none. False: too many wait, or there is no thread.
  [[nodiscard]] bool look_up(std::string host, uint16_t port, answer done);

private:
  struct desk;
  static void work(const std::shared_ptr<desk>& at);

  std::shared_ptr<desk> desk_;
};

} // namespace texlex
