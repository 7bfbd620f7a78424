// How nodes reach each other: CAF's own protocol (BASP) over sockets that are made here. CAF has weaknesses there that
// this room mends: it waits for peers on the thread that serves all others, takes the memory a stranger announces, ends
// the process over a certificate that cannot be read, asks no peer for its name, and may wait for ever.
//
//   connect ─▶ names, TCP, TLS (a thread of its own) ─▶ socket ─▶ CAF: handshake, actors' messages
//   publish ─▶ accept,     TLS (the same thread)     ─▶ socket ─┘
//
// Both ends have each other's certificates checked by the same authorities. Without `tls` all is plain, for loopback
// and for networks that nobody else is in: whoever reaches the port may send any message to any actor of the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/cluster/tls_context.hpp"
#include "runtime/time.hpp"

namespace texlex {

class transport_core;

struct transport_options {
  std::optional<tls_files> tls;
  uint64_t frame_bytes_max = 1 << 20; ///< of one message. A peer that announces a longer one is cut off
  uint32_t connections_max = 256;     ///< of all kinds, and as many attempts to connect
  uint32_t handshakes_max = 64;       ///< accepted at a time and not established yet; then the oldest of them goes
  duration connect_timeout = std::chrono::seconds{2};   ///< from a name to a TCP connection
  duration handshake_timeout = std::chrono::seconds{2}; ///< TLS and BASP, of either side
  duration unheard_max = std::chrono::seconds{10};      ///< of a peer that acknowledges nothing, by TCP
  /// Told why a connection was refused or cut off, from any thread. Strangers decide how often: pace it.
  std::function<void(const std::string&)> refused;
};

/// Of connections, since the start.
struct transport_counts {
  uint64_t open = 0;     ///< now
  uint64_t accepted = 0; ///< by TCP
  uint64_t refused_by_tls = 0;
  uint64_t refused_by_size = 0; ///< a message longer than `frame_bytes_max` was announced
  uint64_t refused_as_crowd = 0;
  uint64_t not_basp = 0; ///< garbage, or messages before a handshake
  uint64_t timed_out = 0;
};

/// Has the system bring CAF's middleman, set up for nodes: they hear of each other once a second, and one that has not
/// been heard for ten is gone. All nodes must have this, as it ends connections to those who keep silent. Nothing
/// listens by itself. Before the system is made.
void load_transport(caf::actor_system_config& config);

/// One a process, made after its actor system and gone before it. All but its making and its end from any thread; none
/// of it waits for a peer. The process must ignore SIGPIPE.
class transport {
public:
  /// With an actor, or with an error for a person. Called once, on any thread; it must not throw, and not wait.
  using connected = std::function<void(caf::strong_actor_ptr, std::string)>;

  /// Or what is wrong: with the files of TLS, or with a system that has not been loaded so.
  [[nodiscard]] static std::variant<std::unique_ptr<transport>, std::string> make(caf::actor_system& system,
                                                                                  const transport_options& options);
  /// All connections end, and attempts to connect fail. What has been sent a moment ago may be lost.
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Listens on a numeric address and has whoever connects find this actor, which must not be a detached one: CAF might
  /// wait for its thread for ever. Port 0 takes any free one. Returns the port, or an error that names the address.
  [[nodiscard]] std::variant<uint16_t, std::string> publish(const caf::strong_actor_ptr& whom,
                                                            std::set<std::string> signatures,
                                                            const std::string& address, uint16_t port);
  template <class Handle>
  [[nodiscard]] std::variant<uint16_t, std::string> publish(const Handle& whom, const std::string& address,
                                                            uint16_t port) {
    return publish(caf::actor_cast<caf::strong_actor_ptr>(whom), system_.message_types<Handle>(), address, port);
  }

  /// No longer listens there. Connections stay.
  void unpublish(uint16_t port);

  /// Asks for the actor that is published there, which must have this interface: within the time of `connect_timeout`
  /// and `handshake_timeout`, or with an error: refused, timed out, no such name, why TLS failed, none published,
  /// another interface. Where a connection to that node is there already, CAF goes on with it. This process itself is
  /// reached too: the actor is then one of its own.
  void connect(const std::string& host, uint16_t port, std::set<std::string> signatures, const connected& done);
  template <class Handle, class Done>
  void connect(const std::string& host, uint16_t port, Done done) {
    connect(host, port, system_.message_types<Handle>(),
            [done = std::move(done)](const caf::strong_actor_ptr& whom, std::string error) {
              done(caf::actor_cast<Handle>(whom), std::move(error));
            });
  }

  /// Ends all connections to the node of an actor, whose monitors then hear that it is down. For a node that is silent:
  /// as long as CAF has a connection to it, a new one would not be used.
  void disconnect(const caf::strong_actor_ptr& whom);

  /// Reads certificates again, for connections from now on; or what is wrong with the files, and all stays as it is.
  [[nodiscard]] std::optional<std::string> reload();

  struct reloaded {
    bool replaced = false;
    std::optional<std::string> error; ///< once a change of the files
  };
  /// The same if the files have changed since the last time. To be called each few seconds.
  [[nodiscard]] reloaded reload_if_changed();

  [[nodiscard]] transport_counts counts() const;

private:
  transport(caf::actor_system& system, std::shared_ptr<transport_core> core);

  caf::actor_system& system_;
  std::shared_ptr<transport_core> core_;
};

} // namespace texlex
