// What a connection reads: bytes into frames. See session.hpp.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/server/session.hpp"
#include "runtime/invariant.hpp"
#include "runtime/limits.hpp"

namespace texlex {

bool session::wants_input() const noexcept {
  if (lingering_) return true;
  if (waits_for_turn_) return false;
  const read_step step = protocol_.reading();
  return step != read_step::pause && step != read_step::ended;
}

// Until the socket is found empty, a read that fills less than it could having emptied it, or its share of the turn is
// used up: then the socket is found ready again in the next one. Much is read at once only after it had more than the
// usual: of a long document the usual is copied, and the rest is read to where it belongs. `more`: it had.
void session::read_on(bool more) {
  for (; !closed_ && receiving_ == 0 && wants_input() && share_.left(core_.turn); more = true) {
    const bool reads_long = input_.is_long() || (more && core_.long_inputs < limits::long_read_aheads_max);
    const auto shared = std::span{core_.scratch}.first(reads_long ? core_.scratch.size() : limits::read_ahead_bytes);
    require(input_.bytes() < shared.size(), "who reads has taken all whole frames");
    const std::span<uint8_t> room = where_to_read(shared);
    const ssize_t got = receive(room);
    if (!took_in(got, room.size())) break;
  }
  keep_input();
}

bool session::took_in(ssize_t result, size_t room) {
  if (result == -EAGAIN || result == -EWOULDBLOCK) return backlog_.emptied(core_.loop.time()), false;
  if (result < 0) return vanished(std::strerror(static_cast<int>(-result))), false;
  if (result == 0) return input_ended(), false;
  const auto bytes = static_cast<size_t>(result);
  const bool filled = bytes == room;
  note_arrival(bytes, filled);
  was_read(bytes);
  return filled;
}

// What it could not take yet is its own from now on: others read to where it was read to.
void session::keep_input() {
  if (closed_ || receiving_ > 0) return;
  const bool was_long = input_.is_long();
  input_.keep();
  if (protocol_.reading() == read_step::header) passed_.forget_before(stream_read_ - input_.bytes());
  if (was_long != input_.is_long()) was_long ? --core_.long_inputs : ++core_.long_inputs;
}

std::optional<socket_operation> session::wants_to_receive(std::span<uint8_t> memory) noexcept {
  std::optional<socket_operation> wanted;
  guarded([&] {
    if (closed_ || lingering_ || receiving_ > 0 || passes_descriptors() || protocol_.reading() != read_step::header
        || !wants_input())
      return;
    if (!out_.done() || !share_.left(core_.turn)) return; // it is being answered
    if (input_.bytes() >= memory.size()) return;          // frames that had to wait for an answer: they are taken first
    const std::span<uint8_t> room = where_to_read(memory);
    receiving_ = room.size();
    wanted = {socket_operation::kind::receive, socket_.get(), room.data(), room.size()};
  });
  return wanted;
}

// Whatever happened to it meanwhile, what was received lies in its input.
void session::received(ssize_t result) noexcept {
  const size_t room = std::exchange(receiving_, 0);
  guarded([&] {
    if (!closed_ && took_in(result, room)) return read_on(true);
    keep_input();
  });
}

// As far as is known the bytes could be read when the loop may first have seen them, but not before the socket was last
// found empty; where more comes in than is read, as long ago as what was in front of them has lain there.
void session::note_arrival(size_t bytes, bool filled) {
  const instant at = core_.loop.time();
  backlog_.read(bytes, at);
  arrived_ = backlog_.arrived(at, core_.loop.ready_since());
  if (!filled) return backlog_.emptied(at);
  if (backlog_.wanted()) backlog_.lay(unread_bytes(), at);
}

// Never empty. `shared`: nobody's but this connection's until it keeps what is left in there.
std::span<uint8_t> session::where_to_read(std::span<uint8_t> shared) {
  const std::span<uint8_t> scratch{core_.scratch};
  if (lingering_) return scratch;
  if (protocol_.reading() == read_step::payload && payload_)
    return {payload_->data() + filled_, std::min(protocol_.payload_room(), turn_budget::connection_max)};
  if (skips_much()) return scratch.first(std::min(scratch.size(), protocol_.payload_bytes() - filled_));
  return input_.room(shared); // all that was read has been taken, but for a part of a header or of a short document
}

// So much of what nobody wants is missing that it is not read along with the frames behind it.
bool session::skips_much() const noexcept {
  return protocol_.reading() == read_step::skip && protocol_.payload_bytes() - filled_ > limits::read_ahead_bytes;
}

void session::was_read(size_t bytes) {
  core_.counters.bytes_read.add(bytes);
  stream_read_ += bytes;
  share_.charge(core_.turn, bytes);
  if (lingering_) {
    if (bytes >= linger_bytes_left_) return close();
    linger_bytes_left_ -= bytes;
    return;
  }
  const read_step step = protocol_.reading();
  if (skips_much() || (step == read_step::payload && payload_)) {
    filled_ += bytes;
    protocol_.payload_arrived(bytes, core_.loop.time());
  } else {
    input_.was_read(bytes);
  }
  settle_or_throw();
}

void session::input_ended() {
  if (lingering_) return close();
  if (client_gone()) return vanished("the client has closed its connection");
  protocol_.end_of_stream(core_.loop.time());
  settle_or_throw();
}

// Takes the frames that are there whole, within its share of the turn, and of the next one what there is; returns
// whether there was a whole part.
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
      case read_step::hello:
        if (!take_hello()) return taken;
        break;
      case read_step::skip:
        if (!take_skipped()) return taken;
        break;
      case read_step::pause: paused_ = true; return taken;
      case read_step::ended: input_.drop(); return taken;
    }
  }
}

bool session::take_header() {
  if (waits_for_turn_ || input_.bytes() == 0) return false;
  protocol_.frame_begun(core_.loop.time());
  if (input_.bytes() < frame_header_bytes || !has_turn()) return false;
  share_.charge(core_.turn, turn_budget::frame_cost);
  if (std::exchange(paused_, false)) arrived_ = core_.loop.time(); // it had enough in flight, which is no lag of ours
  frame_at_ = stream_read_ - input_.bytes();
  passed_.forget_before(frame_at_);
  const auto header = input_.take(frame_header_bytes).first<frame_header_bytes>();
  filled_ = 0;
  const frame_header decoded = decode_header(header);
  const instant at = core_.loop.time();
  const bool more_behind = input_.bytes() > decoded.payload_bytes;
  const header_verdict verdict =
    protocol_.header_read(decoded, at, {.waited = at - arrived_, .more_behind = more_behind});
  switch (verdict.kind) {
    case header_kind::request: core_.counters.requests.add(); break;
    case header_kind::held_back:
      core_.counters.requests.add();
      core_.held_back(*this);
      break;
    case header_kind::cancel:
      for (uint32_t i = 0; i < verdict.jobs; ++i) core_.cancel({verdict.to_cancel.value + i});
      break;
    case header_kind::cancel_of_unknown_id: core_.counters.cancels_of_unknown_ids.add(); break;
    case header_kind::release: take_back(verdict.id); break;
    case header_kind::hello: break;
    case header_kind::stats: ask_stats(); break;
    case header_kind::stats_refused: break;
    case header_kind::broken: spdlog::debug("a client sent a frame that cannot be followed"); break;
  }
  return true;
}

// A document that is short, or of which there is not much yet, waits where it was read to: memory for it is taken when
// it comes. A payload of no bytes is complete at once.
bool session::take_payload() {
  const size_t missing = protocol_.payload_bytes() - filled_;
  if (!payload_ && input_.bytes() < missing && !input_.nearly_full()) return false;
  if (!has_payload_memory()) return true;
  const auto there = input_.take(protocol_.payload_room());
  std::copy_n(there.data(), there.size(), payload_->data() + filled_);
  filled_ += there.size();
  protocol_.payload_arrived(there.size(), core_.loop.time());
  if (filled_ < protocol_.payload_bytes()) return false;
  payload_complete();
  return true;
}

bool session::take_skipped() {
  const size_t there = input_.take(protocol_.payload_bytes() - filled_).size();
  filled_ += there;
  protocol_.payload_arrived(there, core_.loop.time());
  if (filled_ < protocol_.payload_bytes()) return false;
  protocol_.payload_skipped(core_.loop.time());
  return true;
}

// So few bytes that they wait where they were read to.
bool session::take_hello() {
  if (input_.bytes() < protocol_.payload_bytes()) return false;
  const auto there = input_.take(protocol_.payload_bytes());
  protocol_.payload_arrived(there.size(), core_.loop.time());
  protocol_.hello_read(there, core_.hellos, features_to_offer(), core_.loop.time());
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
    refuse_payload();
    return false;
  }
}

void session::refuse_payload() {
  payload_.reset();
  protocol_.payload_refused(core_.loop.time());
}

} // namespace texlex
