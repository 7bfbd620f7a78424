// A connected socket with TLS over it, or without: what CAF's stream reads from and writes to.
#pragma once

#include <cstddef>
#include <memory>

#include <caf/io/network/native_socket.hpp>
#include <caf/io/network/rw_state.hpp>

#include "actors/cluster/connection_book.hpp"
#include "actors/cluster/tls_session.hpp"
#include "runtime/socket.hpp"
#include "runtime/time.hpp"

namespace texlex {

/// Has packets sent at once, and notices within `unheard_max` that the other end is gone, whatever is under way.
void set_peer_options(int socket, duration unheard_max) noexcept;

/// Between two threads: a socket that is ready for CAF.
struct ready_socket {
  owned_fd fd;
  std::unique_ptr<tls_session> tls; ///< null: none
  connection_place connection;
};

/// How CAF's stream has it: a policy. The stream has the descriptor and closes it.
class peer_socket {
public:
  peer_socket(std::unique_ptr<tls_session> tls, std::shared_ptr<peer_connection> connection)
    : tls_(std::move(tls)), connection_(std::move(connection)) {}

  using native_socket = caf::io::network::native_socket;
  using rw_state = caf::io::network::rw_state;

  rw_state read_some(size_t& bytes, native_socket socket, void* into, size_t bytes_max);
  rw_state write_some(size_t& bytes, native_socket socket, const void* from, size_t bytes_max);
  /// What TLS holds already is told by no socket, so it is read before the stream waits for one.
  [[nodiscard]] bool must_read_more(native_socket, size_t threshold) const noexcept {
    return tls_ != nullptr && tls_->bytes_pending() >= threshold;
  }

private:
  [[nodiscard]] rw_state state_of(tls_session::progress progress);
  [[nodiscard]] rw_state failed(const std::string& text);

  std::unique_ptr<tls_session> tls_;
  std::shared_ptr<peer_connection> connection_;
};

} // namespace texlex
