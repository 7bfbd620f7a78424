#include "actors/cluster/dialing.hpp"

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace texlex {

void dialing::try_next() {
  while (next_ < to_.addresses.size())
    if (try_address(to_.addresses[next_++])) return;
  gave_up();
}

bool dialing::try_address(const peer_address& address) {
  socket_ = owned_fd{::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int result = socket_.is_open()
                       ? ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.byte_count)
                       : -1;
  if (result != 0 && errno != EINPROGRESS) {
    note(address, errno);
    return false;
  }
  if (!room_.loop().watch(socket_.get(), EPOLLOUT, *this)) {
    socket_.close();
    note(address, ENOMEM);
    return false;
  }
  const instant begun = now();
  const auto share = (due_ - begun) / static_cast<int64_t>(to_.addresses.size() - next_ + 1);
  room_.loop().call_at(begun + share, [weak = weak_from_this(), this, at = next_] {
    const auto alive = weak.lock();
    if (alive == nullptr || done_ == nullptr || at != next_ || !socket_.is_open()) return;
    note(to_.addresses[at - 1], ETIMEDOUT);
    forget_socket();
    try_next();
  });
  return true;
}

void dialing::ready(uint32_t) noexcept {
  if (!socket_.is_open()) return;
  int error = 0;
  socklen_t bytes = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &bytes) != 0) error = errno;
  try {
    if (error == 0) return connected();
    note(to_.addresses[next_ - 1], error);
    forget_socket();
    try_next();
  } catch (const std::exception&) { // without memory nobody can be told; whoever waits has a deadline elsewhere
    forget_socket();
    room_.retire(*this);
  }
}

void dialing::connected() {
  room_.loop().unwatch(socket_.get(), *this);
  room_.retire(*this);
  room_.greet(std::move(socket_), connection_side::dialed, to_.text(), to_.host, std::exchange(done_, nullptr));
}

void dialing::gave_up() {
  room_.retire(*this);
  const std::string text = "cannot connect: " + reason_;
  room_.tally().note(was_late_ ? ending::late : ending::by_peer, "peer " + to_.text() + ": " + text);
  std::exchange(done_, nullptr)(text);
}

void dialing::note(const peer_address& address, int error) {
  was_late_ = error == ETIMEDOUT;
  reason_ = std::error_code{error, std::generic_category()}.message() + " (" + text_of(address.bytes) + ")";
}

void dialing::forget_socket() noexcept {
  if (!socket_.is_open()) return;
  room_.loop().unwatch(socket_.get(), *this);
  socket_.close();
}

} // namespace texlex
