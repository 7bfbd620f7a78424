#include "actors/server/session.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/spdlog.h>

#include "runtime/limits.hpp"

namespace texlex {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// While draining nobody was cut off in a frame, so that a short wait does for a request that crossed our end.
constexpr duration drain_linger = 250ms;

} // namespace

session::session(server_core& core, stream_socket socket, bool refused)
  : core_(core), socket_(std::move(socket)), protocol_(core.protocol_limits, core.admission, now()), refused_(refused),
    number_(core.next_connection()) {}

void session::start() {
  error_code error;
  socket_.non_blocking(true, error); // for writes that are tried at once
  if (error) return close();
  if (refused_) protocol_.refuse(status::too_many_connections);
  settle();
}

void session::settle() {
  if (closed_) return;
  write_waiting();
  while (!closed_ && take_frames()) write_waiting(); // of what was read ahead, once there is room for its responses
  if (closed_) return;
  core_.update_gauges();
  if (lingering_) return;
  if (protocol_.drained() && !input_waiting()) {
    if (reading_) return end_reading();
    protocol_.end();
  }
  if (protocol_.done()) return finish();
  if (!reading_ && !std::exchange(reads_later_, true)) core_.read_later(shared_from_this());
}

void session::read_on() {
  reads_later_ = false;
  if (reading_ || closed_ || lingering_) return;
  switch (protocol_.reading()) {
    case read_step::header: return read_frames();
    case read_step::payload: return read_into(payload_->data() + filled_, protocol_.payload_bytes() - filled_);
    case read_step::skip:
      return read_into(core_.scratch.data(), std::min(core_.scratch.size(), protocol_.payload_bytes() - filled_));
    case read_step::pause:
    case read_step::ended: return;
  }
}

// A connection takes no memory for its input until there is some.
void session::wait_for_input() {
  reading_ = true;
  socket_.async_wait(stream_socket::wait_read,
                     [self = shared_from_this()](const error_code& error) { self->input_has_come(error); });
}

void session::input_has_come(const error_code& error) {
  reading_ = false;
  if (closed_) return;
  if (error && error != asio::error::operation_aborted) return vanished(error.message().c_str());
  if (lingering_) return read_and_drop();
  try {
    if (!error) input_.allocate();
  } catch (const std::bad_alloc&) {
    return vanished("there is no memory for its input");
  }
  settle();
}

// A read that is under way may have taken a request out of the socket already: that is known once it has ended.
void session::end_reading() {
  error_code error;
  socket_.cancel(error);
  if (error) close();
}

// All that was read has been taken, but for a part of a header.
void session::read_frames() {
  if (!input_.allocated()) return wait_for_input();
  const std::span<uint8_t> room = input_.room();
  read_into(room.data(), room.size());
}

void session::read_into(uint8_t* to, size_t bytes) {
  reading_ = true;
  socket_.async_read_some(asio::buffer(to, bytes), [self = shared_from_this()](const error_code& error, size_t count) {
    self->was_read(error, count);
  });
}

void session::read_and_drop() { read_into(core_.scratch.data(), core_.scratch.size()); }

void session::was_read(const error_code& error, size_t bytes) {
  reading_ = false;
  if (closed_) return;
  core_.counters.bytes_read.add(bytes);
  if (lingering_) {
    if (error || bytes >= linger_bytes_left_) return close();
    linger_bytes_left_ -= bytes;
    return read_and_drop();
  }
  if (error == asio::error::eof) {
    if (client_gone()) return vanished("the client has closed its connection");
    protocol_.end_of_stream(now());
  } else if (error && error != asio::error::operation_aborted) {
    return vanished(error.message().c_str());
  } else if (protocol_.reading() == read_step::header) {
    input_.was_read(bytes);
  } else {
    filled_ += bytes;
  }
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
  protocol_.frame_begun(now());
  if (input_.bytes() < frame_header_bytes) return false;
  const auto header = input_.take(frame_header_bytes).first<frame_header_bytes>();
  filled_ = 0;
  const header_verdict verdict = protocol_.header_read(decode_header(header), now());
  switch (verdict.kind) {
    case header_kind::request: core_.counters.requests.add(); break;
    case header_kind::cancel: core_.port.cancel(verdict.to_cancel); break;
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
  protocol_.payload_skipped(now());
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
  const instant at = now();
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
  for (;;) {
    const std::span<const response> responses = protocol_.begin_write(now());
    if (responses.empty()) return;
    put_out(responses);
    error_code error;
    const size_t bytes = socket_.write_some(asio::buffer(out_), error);
    if (error && error != asio::error::would_block) return vanished(error.message().c_str());
    core_.counters.bytes_written.add(bytes);
    if (bytes < out_.size()) return write_rest(bytes);
    protocol_.written(now());
  }
}

void session::put_out(std::span<const response> responses) {
  out_.clear();
  for (const response& one : responses) {
    if (one.stats) {
      write_stats(one);
      continue;
    }
    std::ranges::copy(encode_response(one.id, one.result), std::back_inserter(out_));
    const auto index = static_cast<size_t>(one.result.status);
    if (index < core_.counters.responses.size()) core_.counters.responses[index].add();
  }
}

void session::write_rest(size_t from) {
  const asio::const_buffer rest = asio::buffer(out_) + from;
  asio::async_write(socket_, rest, [self = shared_from_this()](const error_code& error, size_t count) {
    self->was_written(error, count);
  });
}

void session::write_stats(const response& one) {
  const auto bytes = static_cast<uint32_t>(one.stats->size());
  std::ranges::copy(encode({static_cast<uint32_t>(frame_type::stats_response), one.id, bytes}),
                    std::back_inserter(out_));
  std::ranges::copy(*one.stats, std::back_inserter(out_));
  core_.counters.stats_told.add();
}

void session::was_written(const error_code& error, size_t bytes) {
  if (closed_) return;
  core_.counters.bytes_written.add(bytes);
  if (error) return vanished(error.message().c_str());
  protocol_.written(now());
  settle();
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
  error_code error;
  socket_.shutdown(stream_socket::shutdown_send, error);
  if (error) return close();
  lingering_ = true;
  linger_until_ = now() + (core_.draining ? drain_linger : std::chrono::milliseconds{limits::linger_ms_max});
  linger_bytes_left_ = limits::linger_bytes_max;
  if (!reading_) read_and_drop();
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
  const auto self = shared_from_this(); // `closed` lets go of the last other reference
  closed_ = true;
  core_.abandon(protocol_.open_jobs());
  protocol_.end(); // this may live on until its last handler has run: its place is not held so long
  error_code error;
  socket_.close(error);
  core_.closed(*this);
}

// Whether both sides of the connection have ended: then no response can reach anybody. A client that has only ended
// its own side still reads.
bool session::client_gone() const {
  pollfd watched{const_cast<stream_socket&>(socket_).native_handle(), 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

bool session::input_waiting() const {
  error_code error;
  return socket_.available(error) > 0 && !error;
}

} // namespace texlex
