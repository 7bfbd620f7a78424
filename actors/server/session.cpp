// A connection's life: begin, turns, time, end. See session.hpp.
#include "actors/server/session.hpp"

#include <algorithm>
#include <cstring>
#include <poll.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <spdlog/spdlog.h>

#include "runtime/limits.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

// While draining nobody was cut off in a frame, so that a short wait does for a request that crossed our end.
constexpr duration drain_linger = 250ms;

} // namespace

session::session(server_core& core, owned_fd socket, std::optional<peer_key> whose)
  : peer(whose), core_(core), socket_(std::move(socket)), protocol_(core.protocol_limits, core.gate, core.loop.time()),
    number_(core.next_connection()) {}

void session::start(bool refused) noexcept {
  guarded([&] {
    refused_ = refused;
    watched_for_ = EPOLLIN;
    if (!core_.loop.watch(socket_.get(), watched_for_, *this)) return vanished("the system has no room for its watch");
    if (refused_) protocol_.refuse(status::too_many_connections);
    settle_or_throw();
  });
}

bool session::answered(job_id job, const outcome& result, const column_answer_ptr& columns, instant at) noexcept {
  bool heard = false;
  guarded([&] { heard = !closed_ && protocol_.answered(job, result, at, columns); });
  return heard && !closed_;
}

bool session::told(job_id number, std::shared_ptr<const std::string> stats, instant at) noexcept {
  bool heard = false;
  guarded([&] { heard = !closed_ && protocol_.told(number, std::move(stats), at); });
  return heard && !closed_;
}

void session::settle() noexcept {
  guarded([this] { settle_or_throw(); });
}

void session::settle_or_throw() {
  if (closed_) return;
  write_waiting();
  while (!closed_ && take_frames()) write_waiting(); // of what was read ahead, once there is room for its responses
  if (closed_) return;
  if (!lingering_) {
    if (protocol_.drained() && input_.bytes() == 0 && unread_bytes() == 0) protocol_.end();
    if (protocol_.done()) finish();
  }
  if (!closed_) watch_as_needed();
}

bool session::has_turn() {
  if (share_.left(core_.turn)) return true;
  core_.wait_for_turn(*this);
  return false;
}

void session::take_turn() noexcept {
  waits_for_turn_ = false;
  if (closed_) return;
  guarded([this] {
    share_.guarantee(true);
    settle_or_throw();
    if (!closed_ && !waits_for_turn_ && wants_input()) read_on();
    share_.guarantee(false);
  });
}

bool session::go_on(instant at) noexcept {
  bool gone_on = true;
  guarded([&] {
    gone_on = closed_ || protocol_.go_on(at);
    if (!gone_on || closed_) return;
    arrived_ = at; // it was kept from being read, which is no lag
    settle_or_throw();
  });
  return gone_on;
}

// A socket that has something nobody wants yet stays watched until it says so: mostly it is wanted by then.
void session::watch_as_needed() {
  if (protocol_.starving() && !lingering_) {
    protocol_.starved(core_.loop.time());
    core_.starving(*this);
  }
  uint32_t wanted = watched_for_ & EPOLLIN;
  if (wants_input()) wanted |= EPOLLIN;
  if (!out_.done()) wanted |= EPOLLOUT;
  if (wanted == watched_for_) return;
  watched_for_ = wanted;
  if (!core_.loop.watch_for(socket_.get(), wanted, *this)) vanished("the system has no room for its watch");
}

void session::ready(uint32_t events) noexcept {
  guarded([&] {
    if (closed_) return;
    if ((events & EPOLLOUT) != 0) write_rest();
    if (closed_ || (events & ~EPOLLOUT) == 0) return;
    if (wants_input()) return has_turn() ? read_on() : void();
    if (waits_for_turn_ && (events & (EPOLLERR | EPOLLHUP)) == 0) return; // it reads then, and this loop does not sleep
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return vanished("the client has closed its connection");
    watch_as_needed();
    if (closed_) return;
    watched_for_ &= ~static_cast<uint32_t>(EPOLLIN);
    if (!core_.loop.watch_for(socket_.get(), watched_for_, *this)) vanished("the system has no room for its watch");
  });
}

uint64_t session::sweep(instant at) noexcept {
  if (closed_) return 0;
  const uint64_t unread = unread_bytes();
  guarded([&] { look_at_time(at); });
  return unread;
}

void session::look_at_time(instant at) {
  cool_down(at);
  if (lingering_) return at >= linger_until_ ? close() : void();
  // While nothing is read only a look tells whether the client is still there.
  const read_step step = protocol_.reading();
  if ((step == read_step::pause || step == read_step::ended) && client_gone())
    return vanished("the client has closed its connection");
  switch (protocol_.tick(at, input_.bytes())) {
    case tick_verdict::nothing: return;
    case tick_verdict::reading_ended: core_.counters.connections_timed_out.add(); return settle_or_throw();
    case tick_verdict::close:
      spdlog::debug("a connection is closed: it was idle, or its client did not take its responses");
      core_.counters.connections_timed_out.add();
      return close();
  }
}

void session::drain() noexcept {
  guarded([this] {
    protocol_.drain();
    (void)protocol_.go_on(core_.loop.time());
    settle_or_throw();
  });
}

size_t session::abandon() noexcept {
  if (closed_ || lingering_) return 0;
  core_.abandon(protocol_.open_jobs());
  size_t requests = 0;
  guarded([&] {
    requests = protocol_.abandon();
    settle_or_throw();
  });
  return requests;
}

void session::push_out(bool waited_for) noexcept {
  refused_ = true;
  guarded([&] {
    protocol_.push_out();
    settle_or_throw();
  });
  if (!waited_for) close();
}

void session::give_up_payload() noexcept {
  guarded([this] {
    refuse_payload();
    settle_or_throw();
  });
}

standing session::standing_at(instant at) const noexcept { return protocol_.standing_at(at, input_.bytes()); }

// All is said. If the socket were closed while bytes lie unread, TCP would reset the connection, and the client might
// lose the last response: so only our side is ended, and what still comes is read and dropped, within limits.
void session::finish() {
  if (protocol_.ended_by_client()) return close();
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return close();
  lingering_ = true;
  linger_until_ =
    core_.loop.time() + (core_.draining ? drain_linger : std::chrono::milliseconds{limits::linger_ms_max});
  linger_bytes_left_ = limits::linger_bytes_max;
}

void session::no_memory() noexcept {
  if (const auto left_out = core_.no_memory_warnings.due(now()))
    spdlog::warn("no memory for a connection, which is closed{}", left_out_text(*left_out));
  core_.counters.connections_without_memory.add();
  vanished("there is no memory for it");
}

void session::vanished(const char* how) noexcept {
  if (!closed_ && protocol_.busy()) { // else it is done: it has all its responses
    core_.counters.clients_vanished.add();
    spdlog::debug("a client vanished: {}", how);
  }
  close();
}

void session::close() noexcept {
  if (closed_) return;
  closed_ = true;
  core_.abandon(protocol_.open_jobs());
  protocol_.end(); // this lives to the end of the pass: its place is not held so long
  payload_.reset();
  passed_.clear();
  lent_.clear();
  lender_.reset();
  if (input_.is_long()) --core_.long_inputs;
  core_.loop.unwatch(socket_.get(), *this);
  socket_.close();
  core_.closed(*this);
}

// Whether both sides of the connection have ended: then no response can reach anybody. A client that has only ended
// its own side still reads.
bool session::client_gone() const noexcept {
  pollfd watched{socket_.get(), 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

uint64_t session::unread_bytes() const noexcept {
  int bytes = 0;
  return ::ioctl(socket_.get(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
}

} // namespace texlex
