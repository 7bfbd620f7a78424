#include "actors/cluster/peer_door.hpp"

#include <utility>

#include <caf/io/abstract_broker.hpp>
#include <caf/make_counted.hpp>

#include "actors/cluster/peer_scribe.hpp"

namespace texlex {

peer_door::peer_door(std::shared_ptr<transport_core> core, tcp_listener listener)
  : doorman(caf::io::network::accept_hdl_from_socket(listener.fd.get())), core_(std::move(core)),
    number_(listener.fd.get()), address_(std::move(listener.address)), port_(listener.port),
    socket_(std::move(listener.fd)) {}

void peer_door::launch() {
  if (!socket_.is_open()) return;
  core_->room().listen(std::move(socket_), [self = caf::intrusive_ptr<peer_door>{this}](ready_socket socket) {
    // A function of CAF's may be copied, a socket may not.
    const auto passed = std::make_shared<ready_socket>(std::move(socket));
    self->core_->multiplexer().post([self, passed] { self->bring_in(std::move(*passed)); });
  });
}

void peer_door::graceful_shutdown() {
  socket_.close();
  core_->room().stop_listening(number_);
  detach(&core_->multiplexer(), false);
}

void peer_door::bring_in(ready_socket socket) {
  if (detached() || core_->has_ended() || socket.connection->has_ended()) return;
  auto arrived = caf::make_counted<peer_scribe>(core_, std::move(socket));
  const auto handle = arrived->hdl();
  parent()->add_scribe(std::move(arrived));
  doorman::new_connection(&core_->multiplexer(), handle);
}

} // namespace texlex
