// Where connections are made, so that neither CAF's thread nor anybody else ever waits for a peer: a thread that
// accepts and connects, shakes hands by TLS, and hands on sockets that are ready. Nothing here takes longer than it
// may.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "actors/cluster/connection_book.hpp"
#include "actors/cluster/name_lookup.hpp"
#include "actors/cluster/peer_socket.hpp"
#include "actors/cluster/tls_store.hpp"
#include "runtime/event_loop.hpp"

namespace texlex {

struct handshake_times {
  duration handshake;   ///< from a TCP connection to one that is established
  duration unheard_max; ///< of an established one
};

/// How an attempt to connect ended: with a socket that is ready for CAF, or a text why not.
using handshake_end = std::function<void(std::variant<ready_socket, std::string>)>;

/// What the room waits for: a socket that listens, one that is being connected, one that shakes hands.
class room_watcher : public descriptor_watcher, public std::enable_shared_from_this<room_watcher> {
public:
  virtual ~room_watcher() = default;
};

class handshake_room {
public:
  /// `certificates` must outlive it; null: plain TCP. Throws `std::system_error` if there is no thread or file left.
  handshake_room(std::shared_ptr<connection_book> book, std::shared_ptr<connection_tally> tally,
                 const tls_store* certificates, handshake_times times);
  ~handshake_room();
  handshake_room(const handshake_room&) = delete;
  handshake_room& operator=(const handshake_room&) = delete;

  /// The thread ends, and no call comes anymore. Not from the thread itself.
  void stop() noexcept;

  // From any thread. What is handed over here is called on the room's own thread.

  struct destination {
    std::string host; ///< as it was given
    uint16_t port = 0;
    std::vector<peer_address> addresses;
    [[nodiscard]] std::string text() const;
  };
  /// Connects to the first of the addresses that answers.
  void dial(destination to, instant due, handshake_end done);
  /// Accepts connections of this socket until told not to.
  void listen(owned_fd socket, std::function<void(ready_socket)> arrived);
  void stop_listening(int socket);
  void call_at(instant due, event_loop::call what);
  /// Ends a connection then. At once if the room has stopped.
  void end_at(instant due, const std::shared_ptr<peer_connection>& connection, ending why, std::string text);

  // For its watchers, on its thread.

  [[nodiscard]] event_loop& loop() noexcept { return loop_; }
  [[nodiscard]] connection_tally& tally() noexcept { return *tally_; }
  /// TLS, where there is some; then the socket is ready.
  void greet(owned_fd socket, connection_side side, std::string whom, const std::string& host, handshake_end done);
  void keep(const std::shared_ptr<room_watcher>& watcher) { watchers_.emplace(watcher.get(), watcher); }
  /// It lives to the end of this pass: it may be in the batch at hand.
  void retire(room_watcher& watcher) noexcept;

private:
  void work() noexcept;
  void post(event_loop::call what);
  void shake_hands(ready_socket socket, const std::string& host, handshake_end done);

  const std::shared_ptr<connection_book> book_;
  const std::shared_ptr<connection_tally> tally_;
  const tls_store* const certificates_;
  const handshake_times times_;
  event_loop loop_;
  std::atomic<bool> stops_ = false;
  std::map<room_watcher*, std::shared_ptr<room_watcher>> watchers_;
  std::map<room_watcher*, std::shared_ptr<room_watcher>> retired_;
  std::map<int, std::weak_ptr<room_watcher>> listening_;
  std::thread thread_;
};

} // namespace texlex
