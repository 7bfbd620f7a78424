#include "actors/cluster/peer_connection.hpp"

#include <new>
#include <utility>

#include <sys/socket.h>

namespace texlex {

void connection_tally::note(ending why, const std::string& text) {
  ended_[static_cast<size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  if (why >= ending::tls && refused_) refused_(text);
}

peer_connection::peer_connection(std::shared_ptr<connection_tally> tally, connection_side side, int socket,
                                 std::string whom)
  : tally_(std::move(tally)), side_(side), whom_(std::move(whom)), socket_(socket) {}

// It is counted and told before the peer can notice.
void peer_connection::end(ending why, const std::string& text) noexcept {
  try {
    {
      const std::lock_guard guard{mutex_};
      if (ended_.exchange(true, std::memory_order_acq_rel)) return;
      text_ = text;
    }
    tally_->note(why, (side_ == connection_side::accepted ? "peer at " : "peer ") + whom_ + ": " + text);
  } catch (const std::bad_alloc&) { // it ends, but nobody hears why
  }
  const std::lock_guard guard{mutex_};
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

std::string peer_connection::text() const {
  const std::lock_guard guard{mutex_};
  return text_;
}

void peer_connection::forget_socket() noexcept {
  const std::lock_guard guard{mutex_};
  socket_ = -1;
}

void peer_connection::establish(const caf::node_id& peer) {
  const std::lock_guard guard{mutex_};
  peer_ = peer;
  established_.store(true, std::memory_order_release);
}

caf::node_id peer_connection::peer() const {
  const std::lock_guard guard{mutex_};
  return peer_;
}

} // namespace texlex
