#include "actors/cluster/handshake_room.hpp"

#include <new>
#include <utility>

#include <pthread.h>

#include "actors/cluster/accepting.hpp"
#include "actors/cluster/dialing.hpp"
#include "actors/cluster/greeting.hpp"

namespace texlex {

std::string handshake_room::destination::text() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

handshake_room::handshake_room(std::shared_ptr<connection_book> book, std::shared_ptr<connection_tally> tally,
                               const tls_store* certificates, handshake_times times)
  : book_(std::move(book)), tally_(std::move(tally)), certificates_(certificates), times_(times),
    thread_([this] { work(); }) {
  ::pthread_setname_np(thread_.native_handle(), "texlex.peers");
}

handshake_room::~handshake_room() { stop(); }

void handshake_room::stop() noexcept {
  if (!thread_.joinable()) return;
  stops_.store(true);
  loop_.wake();
  thread_.join();
  listening_.clear();
  retired_.clear();
  const auto ended = std::exchange(watchers_, {}); // none of them looks for itself there as it ends
}

void handshake_room::work() noexcept {
  while (!stops_.load()) {
    try {
      loop_.wait(instant::max());
    } catch (const std::bad_alloc&) { // who waited for that has a deadline elsewhere
    }
    retired_.clear();
  }
}

void handshake_room::post(event_loop::call what) {
  if (!stops_.load()) loop_.post(std::move(what));
}

void handshake_room::retire(room_watcher& watcher) noexcept {
  if (auto node = watchers_.extract(&watcher)) retired_.insert(std::move(node));
}

void handshake_room::dial(destination to, instant due, handshake_end done) {
  post([this, to = std::move(to), due, done = std::move(done)]() mutable {
    const auto made = std::make_shared<dialing>(*this, std::move(to), due, std::move(done));
    keep(made);
    made->begin();
  });
}

void handshake_room::listen(owned_fd socket, std::function<void(ready_socket)> arrived) {
  const auto made = std::make_shared<accepting>(*this, std::move(socket), std::move(arrived));
  post([this, made] {
    keep(made);
    listening_[made->socket()] = made;
    made->begin();
  });
}

void handshake_room::stop_listening(int socket) {
  post([this, socket] {
    const auto there = listening_.find(socket);
    if (there == listening_.end()) return;
    const auto watcher = std::exchange(there->second, {}).lock();
    listening_.erase(there);
    if (watcher != nullptr) static_cast<accepting&>(*watcher).end();
  });
}

void handshake_room::call_at(instant due, event_loop::call what) {
  post([this, due, what = std::move(what)]() mutable { loop_.call_at(due, std::move(what)); });
}

void handshake_room::end_at(instant due, const std::shared_ptr<peer_connection>& connection, ending why,
                            std::string text) {
  if (stops_.load()) return connection->end(why, text);
  call_at(due, [why, text = std::move(text), weak = std::weak_ptr{connection}] {
    if (const auto there = weak.lock()) there->end(why, text);
  });
}

void handshake_room::greet(owned_fd socket, connection_side side, std::string whom, const std::string& host,
                           handshake_end done) {
  set_peer_options(socket.get(), times_.unheard_max);
  const auto connection = std::make_shared<peer_connection>(tally_, side, socket.get(), std::move(whom));
  auto place = book_->enter(connection);
  if (!place) {
    connection->end(ending::crowded, "there are too many connections");
    return done(connection->text());
  }
  loop_.call_at(now() + times_.handshake, [weak = std::weak_ptr{connection}] {
    const auto there = weak.lock();
    if (there != nullptr && !there->is_established()) there->end(ending::late, "the handshake took too long");
  });
  shake_hands({std::move(socket), nullptr, std::move(*place)}, host, std::move(done));
}

void handshake_room::shake_hands(ready_socket socket, const std::string& host, handshake_end done) {
  if (certificates_ != nullptr)
    socket.tls = tls_session::make(certificates_->current(), socket.fd.get(), socket.connection->side(), host);
  if (certificates_ != nullptr && socket.tls == nullptr) {
    socket.connection->end(ending::tls, "there is no memory for TLS");
    return done(socket.connection->text());
  }
  const auto made = std::make_shared<greeting>(*this, std::move(socket), std::move(done));
  keep(made);
  made->begin();
}

} // namespace texlex
