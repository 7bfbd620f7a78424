#include "actors/cluster/transport.hpp"

#include <system_error>

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/make_counted.hpp>
#include <caf/send.hpp>

#include "actors/cluster/peer_door.hpp"
#include "actors/cluster/transport_core.hpp"

namespace texlex {

using namespace std::chrono_literals;

void load_transport(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", caf::timespan{1s});
  config.set("middleman.connection-timeout", caf::timespan{10s});
  config.set("middleman.workers", size_t{1}); // that take messages apart
  config.set("middleman.enable-automatic-connections", false);
  config.set("middleman.app-identifiers", std::vector<std::string>{"texlex-nodes-1"});
}

std::variant<std::unique_ptr<transport>, std::string> transport::make(caf::actor_system& system,
                                                                      const transport_options& options) {
  using caf::io::network::default_multiplexer;
  if (!system.has_middleman()) return "the actor system has no middleman";
  auto* const multiplexer = dynamic_cast<default_multiplexer*>(&system.middleman().backend());
  if (multiplexer == nullptr) return "the actor system has a middleman with sockets of its own";
  std::unique_ptr<tls_store> certificates;
  if (options.tls) certificates = std::make_unique<tls_store>(*options.tls);
  if (certificates != nullptr)
    if (auto error = certificates->reload()) return std::move(*error);
  try {
    auto basp = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
    auto core =
      std::make_shared<transport_core>(system, *multiplexer, std::move(basp), options, std::move(certificates));
    return std::unique_ptr<transport>{new transport{system, std::move(core)}};
  } catch (const std::system_error& error) {
    return std::string{"there is no thread or file left for connections: "} + error.what();
  }
}

transport::transport(caf::actor_system& system, std::shared_ptr<transport_core> core)
  : system_(system), core_(std::move(core)) {}

transport::~transport() {
  for (const uint16_t port : core_->take_ports()) unpublish(port);
  core_->end();
}

std::variant<uint16_t, std::string> transport::publish(const caf::strong_actor_ptr& whom,
                                                       std::set<std::string> signatures, const std::string& address,
                                                       uint16_t port) {
  auto made = listen_tcp(address, port);
  if (const auto* const error = std::get_if<socket_error>(&made)) return error->sentence;
  const caf::io::doorman_ptr door = caf::make_counted<peer_door>(core_, std::get<tcp_listener>(std::move(made)));
  const uint16_t found = door->port();
  core_->note_port(found);
  caf::anon_send(core_->basp(), caf::publish_atom::value, door, found, whom, std::move(signatures));
  return found;
}

void transport::unpublish(uint16_t port) { caf::anon_send(core_->basp(), caf::close_atom::value, port); }

void transport::connect(const std::string& host, uint16_t port, std::set<std::string> signatures,
                        const connected& done) {
  core_->connect(host, port, std::move(signatures), done);
}

void transport::disconnect(const caf::strong_actor_ptr& whom) {
  if (whom != nullptr) core_->book().end_all_to(whom->node(), "this node has given it up");
}

std::optional<std::string> transport::reload() {
  return core_->certificates() == nullptr ? std::nullopt : core_->certificates()->reload();
}

transport::reloaded transport::reload_if_changed() {
  if (core_->certificates() == nullptr) return {};
  auto look = core_->certificates()->reload_if_changed();
  return {look.replaced, std::move(look.error)};
}

transport_counts transport::counts() const {
  const connection_tally& tally = core_->tally();
  return {.open = core_->book().size(),
          .accepted = tally.accepted(),
          .refused_by_tls = tally.ended(ending::tls),
          .refused_by_size = tally.ended(ending::oversized),
          .refused_as_crowd = tally.ended(ending::crowded),
          .not_basp = tally.ended(ending::not_basp),
          .timed_out = tally.ended(ending::late)};
}

} // namespace texlex
