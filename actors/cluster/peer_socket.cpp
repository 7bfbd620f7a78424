#include "actors/cluster/peer_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace texlex {
namespace {

void set_option(int socket, int level, int option, int value) noexcept {
  ::setsockopt(socket, level, option, &value, sizeof value); // without it a connection is slower, and no less right
}

bool would_wait(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

} // namespace

void set_peer_options(int socket, duration unheard_max) noexcept {
  constexpr int probes = 3;
  const auto unheard_ms = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(unheard_max).count());
  const int probe_s = std::max(1, unheard_ms / 1000 / (probes + 1));
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, probe_s);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, probe_s);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, probes);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, unheard_ms);
}

// CAF's states: what would wait is a success of no bytes, and `indeterminate` a call that asked for none.
peer_socket::rw_state peer_socket::read_some(size_t& bytes, native_socket socket, void* into, size_t bytes_max) {
  bytes = 0;
  if (connection_->has_ended()) return rw_state::failure; // although something may be there still
  if (bytes_max == 0) return rw_state::indeterminate;
  if (tls_ != nullptr) return state_of(tls_->read(static_cast<char*>(into), bytes_max, bytes));
  const ssize_t result = ::recv(socket, into, bytes_max, 0);
  if (result == 0) return failed("the peer closed the connection");
  if (result > 0) bytes = static_cast<size_t>(result);
  return result > 0 || would_wait(errno) ? rw_state::success
                                         : failed(std::error_code{errno, std::generic_category()}.message());
}

peer_socket::rw_state peer_socket::write_some(size_t& bytes, native_socket socket, const void* from, size_t bytes_max) {
  bytes = 0;
  if (connection_->has_ended()) return rw_state::failure;
  if (bytes_max == 0) return rw_state::indeterminate;
  if (tls_ != nullptr) return state_of(tls_->write(static_cast<const char*>(from), bytes_max, bytes));
  const ssize_t result = ::send(socket, from, bytes_max, MSG_NOSIGNAL);
  if (result > 0) bytes = static_cast<size_t>(result);
  return result > 0 || would_wait(errno) ? rw_state::success
                                         : failed(std::error_code{errno, std::generic_category()}.message());
}

peer_socket::rw_state peer_socket::state_of(tls_session::progress progress) {
  if (progress != tls_session::progress::failed) return rw_state::success;
  connection_->end(tls_->failed_by_tls() ? ending::tls : ending::by_peer, tls_->failure());
  return rw_state::failure;
}

peer_socket::rw_state peer_socket::failed(const std::string& text) {
  connection_->end(ending::by_peer, text);
  return rw_state::failure;
}

} // namespace texlex
