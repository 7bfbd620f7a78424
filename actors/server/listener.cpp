#include "actors/server/listener.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <spdlog/spdlog.h>

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_failure = 50ms;

// So many at once, and then those who are connected have their turn.
constexpr int accepted_a_turn_max = 16;

} // namespace

listener::listener(server_core& core, owned_fd socket, int family)
  : core_(core), socket_(std::move(socket)), family_(family) {}

listener::~listener() {
  if (socket_.is_open()) core_.loop.unwatch(socket_.get(), *this);
}

bool listener::accept_on() {
  const int flags = ::fcntl(socket_.get(), F_GETFL);
  return ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK) == 0 && core_.loop.watch(socket_.get(), EPOLLIN, *this);
}

void listener::ready(uint32_t) noexcept {
  for (int i = 0; i < accepted_a_turn_max && socket_.is_open(); ++i) {
    switch (take_one()) {
      case taken::one: break;
      case taken::none: return;
      case taken::failed: return pause();
    }
  }
}

listener::taken listener::take_one() {
  owned_fd accepted;
  sockaddr_storage from{};
  for (;;) {
    socklen_t length = sizeof from;
    accepted =
      owned_fd{::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (accepted.is_open()) break;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return taken::none;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    const int why = errno;
    if (const auto left_out = warnings_.due(now()))
      spdlog::warn("cannot accept connections, trying again: {}{}", std::strerror(why), left_out_text(*left_out));
    return taken::failed;
  }
  if (family_ != AF_UNIX) { // responses are small and written whole: waiting for more only delays them
    const int on = 1;
    ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  try {
    core_.connected(std::move(accepted), peer_of(from));
  } catch (const std::bad_alloc&) {
    core_.counters.connections_without_memory.add();
    return taken::failed;
  }
  return taken::one;
}

// Who waits to be accepted keeps the socket ready: unless it is left alone for a moment, nothing else is done.
void listener::pause() {
  core_.loop.unwatch(socket_.get(), *this);
  try {
    core_.loop.call_at(now() + pause_after_failure, [this] { watch_again(); });
  } catch (const std::bad_alloc&) {
    if (!core_.loop.watch(socket_.get(), EPOLLIN, *this)) // not even a pause can be had
      spdlog::error("no memory to accept connections with: no more of them are accepted");
  }
}

void listener::watch_again() {
  if (socket_.is_open() && !core_.loop.watch(socket_.get(), EPOLLIN, *this)) pause();
}

void listener::close() {
  while (take_one() == taken::one) { // who has connected shall hear that we end, not find the connection broken
  }
  core_.loop.unwatch(socket_.get(), *this);
  socket_.close();
}

} // namespace texlex
