#include "actors/cluster/greeting.hpp"

#include <exception>
#include <utility>

#include <sys/socket.h>

namespace texlex {
namespace {

/// A socket that is closed with something unread resets its connection, and the peer might not read why.
void read_off(int socket) noexcept {
  char unread[4096];
  for (int i = 0; i < 8 && ::recv(socket, unread, sizeof unread, MSG_DONTWAIT) > 0; ++i) continue;
}

} // namespace

greeting::~greeting() {
  if (watched_ != 0) room_.loop().unwatch(socket_.fd.get(), *this);
}

void greeting::begin() noexcept { socket_.tls != nullptr ? go_on() : greeted(); }

void greeting::ready(uint32_t) noexcept {
  if (done_ == nullptr) return;
  if (socket_.connection->has_ended()) return fail(); // its time is over, or others push
  is_greeted_ ? succeed() : go_on();
}

void greeting::greeted() noexcept {
  is_greeted_ = true;
  if (socket_.connection->side() == connection_side::accepted) return succeed(); // it is this node that begins
  wait_for(EPOLLIN);
}

void greeting::go_on() noexcept {
  switch (socket_.tls->shake_hands()) {
    case tls_session::progress::done: return greeted();
    case tls_session::progress::wants_to_read: return wait_for(EPOLLIN);
    case tls_session::progress::wants_to_write: return wait_for(EPOLLOUT);
    case tls_session::progress::failed: break;
  }
  read_off(socket_.fd.get());
  try {
    socket_.connection->end(ending::tls, socket_.tls->failure());
  } catch (const std::exception&) {
    socket_.connection->end(ending::tls, {});
  }
  fail();
}

void greeting::wait_for(uint32_t events) noexcept {
  if (watched_ == events) return;
  const bool is_watched = watched_ == 0 ? room_.loop().watch(socket_.fd.get(), events, *this)
                                        : room_.loop().watch_for(socket_.fd.get(), events, *this);
  if (is_watched) {
    watched_ = events;
    return;
  }
  socket_.connection->end(ending::by_owner, "there is no memory for one more connection");
  fail();
}

void greeting::succeed() noexcept {
  if (watched_ != 0) room_.loop().unwatch(socket_.fd.get(), *this);
  watched_ = 0;
  room_.retire(*this);
  try {
    std::exchange(done_, nullptr)(std::move(socket_));
  } catch (const std::exception&) { // without memory nobody can be told; whoever waits has a deadline elsewhere
  }
}

void greeting::fail() noexcept {
  if (watched_ != 0) room_.loop().unwatch(socket_.fd.get(), *this);
  watched_ = 0;
  room_.retire(*this);
  try {
    std::exchange(done_, nullptr)(socket_.connection->text());
  } catch (const std::exception&) { // as above
  }
}

} // namespace texlex
