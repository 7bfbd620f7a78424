#include "actors/server/session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <new>
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

// What one connection may read before others have their turn.
constexpr size_t bytes_a_turn_max = 256u << 10;

} // namespace

session::session(server_core& core, owned_fd socket, bool refused)
  : core_(core), socket_(std::move(socket)), protocol_(core.protocol_limits, core.admission, now()), refused_(refused),
    number_(core.next_connection()) {}

void session::start() {
  watched_for_ = EPOLLIN;
  if (!core_.loop.watch(socket_.get(), watched_for_, *this)) return vanished("the system has no room for its watch");
  if (refused_) protocol_.refuse(status::too_many_connections);
  settle();
}

void session::settle() {
  if (closed_) return;
  write_waiting();
  while (!closed_ && take_frames()) write_waiting(); // of what was read ahead, once there is room for its responses
  if (closed_) return;
  if (!lingering_) {
    if (protocol_.drained() && !input_waiting()) protocol_.end();
    if (protocol_.done()) finish();
  }
  if (!closed_) watch_as_needed();
}

// A socket that has something nobody wants yet stays watched until it says so: mostly it is wanted by then.
void session::watch_as_needed() {
  uint32_t wanted = watched_for_ & EPOLLIN;
  if (wants_input()) wanted |= EPOLLIN;
  if (written_ < out_.size()) wanted |= EPOLLOUT;
  if (wanted == watched_for_) return;
  watched_for_ = wanted;
  if (!core_.loop.watch_for(socket_.get(), wanted, *this)) vanished("the system has no room for its watch");
}

void session::ready(uint32_t events) noexcept {
  if (closed_) return;
  if ((events & EPOLLOUT) != 0) write_rest();
  if (closed_ || (events & ~EPOLLOUT) == 0) return;
  if (wants_input()) return read_on();
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return vanished("the client has closed its connection");
  watched_for_ &= ~static_cast<uint32_t>(EPOLLIN);
  if (!core_.loop.watch_for(socket_.get(), watched_for_, *this)) vanished("the system has no room for its watch");
}

bool session::wants_input() const noexcept {
  if (lingering_) return true;
  const read_step step = protocol_.reading();
  return step != read_step::pause && step != read_step::ended;
}

// Until the socket is found empty: a read that fills less than it could has emptied it.
void session::read_on() {
  for (size_t left = bytes_a_turn_max; !closed_ && wants_input();) {
    const std::span<uint8_t> room = where_to_read();
    if (room.empty()) return vanished("there is no memory for its input");
    const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? void() : vanished(std::strerror(errno));
    if (got == 0) return input_ended();
    const auto bytes = static_cast<size_t>(got);
    was_read(bytes);
    if (bytes < room.size() || bytes >= left) return;
    left -= bytes;
  }
}

// A connection takes no memory for its input until there is some. Empty: there is none.
std::span<uint8_t> session::where_to_read() {
  const read_step step = protocol_.reading();
  if (lingering_) return scratch();
  if (step == read_step::payload) return {payload_->data() + filled_, protocol_.payload_bytes() - filled_};
  if (step == read_step::skip) return scratch().first(std::min(scratch().size(), protocol_.payload_bytes() - filled_));
  try {
    if (!input_.allocated()) input_.allocate();
  } catch (const std::bad_alloc&) {
    return {};
  }
  return input_.room(); // all that was read has been taken, but for a part of a header
}

std::span<uint8_t> session::scratch() const noexcept { return core_.scratch; }

void session::was_read(size_t bytes) {
  core_.counters.bytes_read.add(bytes);
  if (lingering_) {
    if (bytes >= linger_bytes_left_) return close();
    linger_bytes_left_ -= bytes;
    return;
  }
  if (protocol_.reading() == read_step::header)
    input_.was_read(bytes);
  else
    filled_ += bytes;
  settle();
}

void session::input_ended() {
  if (lingering_) return close();
  if (client_gone()) return vanished("the client has closed its connection");
  protocol_.end_of_stream(core_.loop.time());
  settle();
}

// Takes the frames that are there whole, and of the next one what there is; returns whether there was a whole part.
bool session::take_frames() {
  bool taken = false;
  for (;; taken = true) {
    switch (protocol_.reading()) {
      case read_step::header:
        if (!take_header()) return taken;
        break;
      case read_step::payload:
        if (!take_payload()) return taken;
        break;
      case read_step::skip:
        if (!take_skipped()) return taken;
        break;
      case read_step::pause: return taken;
      case read_step::ended: input_.drop(); return taken;
    }
  }
}

bool session::take_header() {
  if (input_.bytes() == 0) return false;
  protocol_.frame_begun(core_.loop.time());
  if (input_.bytes() < frame_header_bytes) return false;
  const auto header = input_.take(frame_header_bytes).first<frame_header_bytes>();
  filled_ = 0;
  const header_verdict verdict = protocol_.header_read(decode_header(header), core_.loop.time());
  switch (verdict.kind) {
    case header_kind::request: core_.counters.requests.add(); break;
    case header_kind::cancel: core_.cancel(verdict.to_cancel); break;
    case header_kind::cancel_of_unknown_id: core_.counters.cancels_of_unknown_ids.add(); break;
    case header_kind::stats: ask_stats(); break;
    case header_kind::stats_refused: break;
    case header_kind::broken: spdlog::debug("a client sent a frame that cannot be followed"); break;
  }
  return true;
}

// A payload of no bytes is complete at once.
bool session::take_payload() {
  if (!has_payload_memory()) return true;
  const auto there = input_.take(protocol_.payload_bytes() - filled_);
  std::copy_n(there.data(), there.size(), payload_->data() + filled_);
  filled_ += there.size();
  if (filled_ < protocol_.payload_bytes()) return false;
  payload_complete();
  return true;
}

bool session::take_skipped() {
  filled_ += input_.take(protocol_.payload_bytes() - filled_).size();
  if (filled_ < protocol_.payload_bytes()) return false;
  protocol_.payload_skipped(core_.loop.time());
  return true;
}

void session::ask_stats() {
  const job_id number = core_.next_job();
  protocol_.stats_asked(number);
  core_.ask_stats(*this, number);
}

bool session::has_payload_memory() {
  if (payload_) return true;
  try {
    payload_ = core_.documents.take(protocol_.payload_bytes());
    return true;
  } catch (const std::bad_alloc&) {
    if (const auto left_out = core_.no_memory_warnings.due(now()))
      spdlog::warn("no memory for a document of {} bytes{}", protocol_.payload_bytes(), left_out_text(*left_out));
    protocol_.payload_refused();
    return false;
  }
}

void session::payload_complete() {
  const instant at = core_.loop.time();
  const job_id id = core_.next_job();
  const document_lease memory = std::move(payload_);
  const std::span<const uint8_t> payload{memory->data(), protocol_.payload_bytes()};
  auto accepted = protocol_.payload_read(payload, id, at);
  if (!accepted) return;
  if (accepted->document.deprecated) core_.counters.deprecated_payloads.add();
  // The one allocation of a request here: its attempts, on several threads, decide when it goes.
  const auto made = std::make_shared<job>();
  made->id = id;
  made->memory = memory;
  made->document = payload.subspan(accepted->document.offset, accepted->document.bytes);
  made->regime = core_.regime;
  made->received = at;
  made->client = number_;
  if (core_.request_timeout > duration::zero()) made->deadline = at + core_.request_timeout;
  if (auto* const header = memory->shared_header()) made->stop.share(*header);
  core_.submit(*this, made, std::move(accepted->place));
}

// Mostly the socket takes all at once, so that there is nothing to wait for.
void session::write_waiting() {
  while (written_ == out_.size()) {
    const std::span<const response> responses = protocol_.begin_write(core_.loop.time());
    if (responses.empty()) return;
    put_out(responses);
    if (!write_some()) return;
  }
}

void session::write_rest() {
  if (write_some()) settle();
}

// True: all that was put out is written.
bool session::write_some() {
  while (written_ < out_.size()) {
    const ssize_t sent =
      ::send(socket_.get(), out_.data() + written_, out_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return vanished(std::strerror(errno)), false;
    if (sent < 0) return false;
    core_.counters.bytes_written.add(static_cast<size_t>(sent));
    written_ += static_cast<size_t>(sent);
  }
  protocol_.written(core_.loop.time());
  return true;
}

void session::put_out(std::span<const response> responses) {
  out_.clear();
  written_ = 0;
  for (const response& one : responses) {
    if (one.stats) {
      write_stats(one);
      continue;
    }
    const auto frame = encode_response(one.id, one.result);
    out_.insert(out_.end(), frame.begin(), frame.end());
    const auto index = static_cast<size_t>(one.result.status);
    if (index < core_.counters.responses.size()) core_.counters.responses[index].add();
  }
}

void session::write_stats(const response& one) {
  const auto bytes = static_cast<uint32_t>(one.stats->size());
  std::ranges::copy(encode({static_cast<uint32_t>(frame_type::stats_response), one.id, bytes}),
                    std::back_inserter(out_));
  std::ranges::copy(*one.stats, std::back_inserter(out_));
  core_.counters.stats_told.add();
}

void session::sweep(instant at) {
  if (closed_) return;
  if (lingering_) {
    if (at >= linger_until_) close();
    return;
  }
  // While nothing is read only a look tells whether the client is still there.
  const read_step step = protocol_.reading();
  if ((step == read_step::pause || step == read_step::ended) && client_gone())
    return vanished("the client has closed its connection");
  switch (protocol_.tick(at)) {
    case tick_verdict::nothing: return;
    case tick_verdict::reading_ended: core_.counters.connections_timed_out.add(); return settle();
    case tick_verdict::close:
      spdlog::debug("a connection is closed: it was idle, or its client did not take its responses");
      core_.counters.connections_timed_out.add();
      return close();
  }
}

void session::drain() {
  protocol_.drain();
  settle();
}

size_t session::abandon() {
  if (closed_ || lingering_) return 0;
  core_.abandon(protocol_.open_jobs());
  const size_t requests = protocol_.abandon();
  settle();
  return requests;
}

// All is said. If the socket were closed while bytes lie unread, TCP would reset the connection, and the client might
// lose the last response: so only our side is ended, and what still comes is read and dropped, within limits.
void session::finish() {
  if (protocol_.ended_by_client()) return close();
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return close();
  lingering_ = true;
  linger_until_ = now() + (core_.draining ? drain_linger : std::chrono::milliseconds{limits::linger_ms_max});
  linger_bytes_left_ = limits::linger_bytes_max;
}

void session::vanished(const char* how) {
  if (protocol_.busy()) { // else it is done: it has all its responses
    core_.counters.clients_vanished.add();
    spdlog::debug("a client vanished: {}", how);
  }
  close();
}

void session::close() {
  if (closed_) return;
  closed_ = true;
  core_.abandon(protocol_.open_jobs());
  protocol_.end(); // this lives to the end of the pass: its place is not held so long
  core_.loop.unwatch(socket_.get());
  socket_.close();
  core_.closed(*this);
}

// Whether both sides of the connection have ended: then no response can reach anybody. A client that has only ended
// its own side still reads.
bool session::client_gone() const {
  pollfd watched{socket_.get(), 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

bool session::input_waiting() const {
  int bytes = 0;
  return ::ioctl(socket_.get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

} // namespace texlex
