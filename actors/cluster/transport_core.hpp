// What all connections of a process share, and outlives each of them. CAF's objects hold it, so it holds none of
// theirs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/network/default_multiplexer.hpp>

#include "actors/cluster/connection_book.hpp"
#include "actors/cluster/handshake_room.hpp"
#include "actors/cluster/name_lookup.hpp"
#include "actors/cluster/tls_store.hpp"
#include "actors/cluster/transport.hpp"

namespace texlex {

/// Who waits for a connection: each is told once.
class dial_book {
public:
  using told = transport::connected;

  /// Nothing: so many wait already, or it is closed.
  [[nodiscard]] std::optional<uint64_t> enter(told done, size_t dials_max);
  /// Tells it, unless it has been told.
  void finish(uint64_t dial, const caf::strong_actor_ptr& whom, const std::string& error);
  /// Tells all, and lets nobody in from now on.
  void close(const std::string& error);

private:
  std::mutex mutex_;
  bool is_closed_ = false;
  uint64_t last_ = 0;
  std::map<uint64_t, told> waiting_;
};

class transport_core : public std::enable_shared_from_this<transport_core> {
public:
  /// `certificates` may be null. Throws `std::system_error` if there is no thread or file left.
  transport_core(caf::actor_system& system, caf::io::network::default_multiplexer& multiplexer, caf::actor basp,
                 const transport_options& options, std::unique_ptr<tls_store> certificates);

  void connect(const std::string& host, uint16_t port, std::set<std::string> wanted, const transport::connected& done);
  void note_port(uint16_t port);
  [[nodiscard]] std::set<uint16_t> take_ports(); ///< all that were noted
  /// Nothing comes from here anymore, and all connections end. Not from the threads of the room or of CAF.
  void end();

  [[nodiscard]] caf::io::network::default_multiplexer& multiplexer() noexcept { return multiplexer_; }
  [[nodiscard]] handshake_room& room() noexcept { return room_; }
  [[nodiscard]] connection_book& book() noexcept { return *book_; }
  [[nodiscard]] tls_store* certificates() noexcept { return certificates_.get(); }
  [[nodiscard]] const connection_tally& tally() const noexcept { return *tally_; }
  [[nodiscard]] const transport_options& options() const noexcept { return options_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_.load(); }
  /// CAF's actor for connections. Null once all has ended.
  [[nodiscard]] caf::actor basp();

private:
  void look_up(uint64_t dial_number, const std::string& host, uint16_t port, instant due, std::set<std::string> wanted);
  void dial(uint64_t dial_number, handshake_room::destination to, instant due, const std::set<std::string>& wanted);
  void introduce(uint64_t dial_number, ready_socket socket, uint16_t port, const std::set<std::string>& wanted);
  /// What is wrong with the actor that was found, if anything is.
  [[nodiscard]] std::string misfit(const caf::strong_actor_ptr& whom, const std::set<std::string>& signatures,
                                   const std::set<std::string>& wanted) const;

  caf::actor_system& system_;
  caf::io::network::default_multiplexer& multiplexer_;
  const transport_options options_;
  std::atomic<bool> has_ended_ = false;
  std::mutex mutex_;
  caf::actor basp_;
  std::set<uint16_t> ports_;
  const std::shared_ptr<connection_tally> tally_;
  const std::shared_ptr<connection_book> book_;
  const std::unique_ptr<tls_store> certificates_;
  dial_book dials_;
  name_lookup names_;
  handshake_room room_;
};

} // namespace texlex
