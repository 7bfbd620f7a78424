// A published port as CAF has it: its doorman, who does not accept himself but is brought those who are through TLS.
#pragma once

#include <memory>
#include <string>

#include <caf/io/doorman.hpp>

#include "actors/cluster/peer_socket.hpp"
#include "actors/cluster/transport_core.hpp"
#include "runtime/socket.hpp"

namespace texlex {

class peer_door final : public caf::io::doorman {
public:
  peer_door(std::shared_ptr<transport_core> core, tcp_listener listener);

  void launch() override; ///< accepts from now on
  void graceful_shutdown() override;
  bool new_connection() override { return false; } ///< asked by nobody: no socket of CAF's is behind it
  std::string addr() const override { return address_; }
  uint16_t port() const override { return port_; }
  void add_to_loop() override {}
  void remove_from_loop() override {}

  /// On CAF's thread.
  void bring_in(ready_socket socket);

private:
  const std::shared_ptr<transport_core> core_;
  const int number_; ///< of the socket
  const std::string address_;
  const uint16_t port_;
  owned_fd socket_; ///< until it accepts
};

} // namespace texlex
