// Accepts connections on one listening socket and hands them to the server. When the process has no file left it
// waits a moment and tries again: connections queue in the kernel meanwhile.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "actors/server/server_core.hpp"
#include "actors/state/warning_pace.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class listener {
public:
  /// `fd` listens already; `family` is its address family.
  listener(server_core& core, owned_fd fd, int family);

  void accept_on();
  /// Takes those who have connected already, and no more.
  void close();

private:
  void take(stream_socket socket);
  void accepted(const boost::system::error_code& error, stream_socket socket);

  server_core& core_;
  int family_;
  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor_;
  boost::asio::steady_timer pause_;
  warning_pace warnings_{std::chrono::seconds{10}};
};

} // namespace texlex
