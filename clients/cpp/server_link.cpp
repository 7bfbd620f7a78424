#include "clients/cpp/server_link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace texlex::client_core {
namespace {

answer unreachable(std::string what) { return failed(TEXLEX_CLIENT_UNREACHABLE, std::move(what)); }

// A socket that is connecting; not open: errno tells.
owned_fd begin_connect(const socket_address& address) {
  const int family = address.storage.ss_family;
  owned_fd made{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.is_open()) return made;
  const int on = 1;
  if (family != AF_UNIX) (void)::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A Unix socket whose queue of connections is full says EAGAIN, and is never ready: it is as good as not there.
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) == 0
      || errno == EINPROGRESS)
    return made;
  const int why = errno;
  made.close();
  errno = why;
  return made;
}

} // namespace

std::optional<answer> server_link::begin_open(instant now) {
  opening_until_ = now + connect_timeout_;
  if (auto known = known_addresses(where_)) {
    addresses_ = std::move(*known);
    return try_next_address();
  }
  auto begun = address_lookup::begin(where_);
  if (auto* const why = std::get_if<std::string>(&begun)) return unreachable(std::move(*why));
  lookup_.emplace(std::move(std::get<address_lookup>(begun)));
  return std::nullopt;
}

std::optional<answer> server_link::go_on_opening() {
  if (!lookup_) return std::nullopt;
  auto found = lookup_->take();
  if (!found) return std::nullopt;
  lookup_.reset();
  if (auto* const why = std::get_if<std::string>(&*found)) return unreachable(std::move(*why));
  addresses_ = std::move(std::get<address_list>(*found));
  return try_next_address();
}

std::optional<answer> server_link::try_next_address() {
  connection_.reset();
  int why = EADDRNOTAVAIL;
  while (!addresses_.empty()) {
    owned_fd made = begin_connect(addresses_.front());
    why = errno;
    addresses_.pop_front();
    if (!made.is_open()) continue;
    connection_.emplace(std::move(made), where_.is_unix(), greets_, opening_until_);
    return std::nullopt;
  }
  return unreachable(std::strerror(why)); // NOLINT(concurrency-mt-unsafe)
}

instant server_link::due() const noexcept {
  if (lookup_) return opening_until_;
  return connection_ ? connection_->due() : instant::max();
}

std::optional<answer> server_link::check_time(instant now) const {
  if (lookup_ && now >= opening_until_) return unreachable("the name " + where_.host + " did not resolve in time");
  return connection_ ? connection_->check_time(now) : std::nullopt;
}

void server_link::opened() noexcept {
  failures_ = 0;
  addresses_.clear();
  greets_ = true;
}

void server_link::lost(instant now, std::optional<duration> pause) noexcept {
  const bool knows_no_hello = connection_ && connection_->knows_no_hello();
  connection_.reset();
  lookup_.reset();
  addresses_.clear();
  greets_ = !knows_no_hello;
  if (!pause || knows_no_hello) return; // else it is connected to at once, without a hello
  ++failures_;
  down_until_ = now + *pause;
}

} // namespace texlex::client_core
