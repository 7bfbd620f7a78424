// Accepts connections on one listening socket and hands them to the server. When the process has no file left it
// waits a moment and tries again: connections queue in the kernel meanwhile.
#pragma once

#include "actors/server/server_core.hpp"
#include "actors/state/warning_pace.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class listener final : public event_loop::watcher {
public:
  /// `socket` listens already; `family` is its address family.
  listener(server_core& core, owned_fd socket, int family);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// False: the system has no room for its watch.
  [[nodiscard]] bool accept_on();
  void ready(uint32_t events) noexcept override;
  /// Takes those who have connected already, and no more.
  void close();

private:
  enum class taken : uint8_t { one, none, failed };

  taken take_one();
  void pause();
  void watch_again();

  server_core& core_;
  owned_fd socket_;
  int family_;
  warning_pace warnings_{std::chrono::seconds{10}};
};

} // namespace texlex
