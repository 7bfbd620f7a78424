#include "bench/baseline/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "runtime/limits.hpp"

namespace texlex::bench {
namespace {

// Many small frames in one call, and little enough to stay in the nearest caches.
constexpr size_t buffer_bytes_at_first = 64 << 10;

} // namespace

outcome scanner::scan(std::span<const uint8_t> document) {
  const auto to = columns.columns_for(document.size());
  if (!to) return {.status = status::document_too_large};
  scan_cursor cursor;
  kernel.advance({document, &regime, token_view::tex}, document.size(), cursor,
                 {to->kinds.data(), to->starts.data(), to->issues});
  return {.status = status::ok,
          .token_count = static_cast<uint32_t>(cursor.token_count),
          .issue_count = static_cast<uint32_t>(cursor.issue_count),
          .origin = origin::primary};
}

connection::connection(owned_fd fd, scanner& with)
  : fd_(std::move(fd)), scanner_(with), buffer_(std::make_unique_for_overwrite<uint8_t[]>(buffer_bytes_at_first)),
    capacity_(buffer_bytes_at_first), frame_bytes_(frame_header_bytes) {}

connection_state connection::go_on() {
  if (written_ == out_.size()) {
    if (const auto state = read_some(); state == connection_state::closed) return state;
  }
  return write_on();
}

// One call a time: if there is more, the socket is still readable. Ends with the client's side of the connection.
connection_state connection::read_some() {
  make_room();
  const ssize_t got = ::recv(fd(), buffer_.get() + end_, capacity_ - end_, 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? connection_state::reading : connection_state::closed;
  if (got == 0) return connection_state::closed;
  end_ += static_cast<size_t>(got);
  take_frames();
  return connection_state::reading;
}

// Room for the rest of the frame at hand, at least. A buffer that had to grow stays large: the next document is likely
// to be as long.
void connection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + frame_bytes_ <= capacity_ && end_ < capacity_) return;
  if (frame_bytes_ > capacity_) {
    auto larger = std::make_unique_for_overwrite<uint8_t[]>(frame_bytes_);
    std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(larger);
    capacity_ = frame_bytes_;
  } else {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  }
  end_ -= begin_;
  begin_ = 0;
}

void connection::take_frames() {
  for (;;) {
    const uint64_t skipped = ending_ ? end_ - begin_ : std::min<uint64_t>(skip_bytes_, end_ - begin_);
    begin_ += skipped;
    if (ending_) return;
    skip_bytes_ -= skipped;
    frame_bytes_ = frame_header_bytes;
    if (end_ - begin_ < frame_header_bytes) return;
    const auto header =
      decode_header(std::span<const uint8_t, frame_header_bytes>{buffer_.get() + begin_, frame_header_bytes});
    if (!take_frame(header)) return;
  }
}

// False: the frame is not there in whole yet.
bool connection::take_frame(const frame_header& header) {
  const bool is_request = header.type == static_cast<uint32_t>(frame_type::request);
  if (!is_request && header.type != static_cast<uint32_t>(frame_type::cancel)) {
    end_with(header.id, status::unknown_type);
    return true;
  }
  if (header.payload_bytes > limits::frame_payload_bytes_max) {
    end_with(header.id, status::frame_too_large);
    return true;
  }
  const bool too_large = header.payload_bytes > scanner_.document_bytes_max + document_length_bytes;
  if (!is_request || too_large) { // a cancel always comes too late here
    if (is_request) respond(header.id, {.status = status::document_too_large});
    begin_ += frame_header_bytes;
    skip_bytes_ = header.payload_bytes;
    return true;
  }
  frame_bytes_ = frame_header_bytes + header.payload_bytes;
  if (end_ - begin_ < frame_bytes_) return false;
  const std::span<const uint8_t> payload{buffer_.get() + begin_ + frame_header_bytes, header.payload_bytes};
  const document_extent document = find_document(payload);
  respond(header.id, scanner_.scan(payload.subspan(document.offset, document.bytes)));
  begin_ += frame_bytes_;
  return true;
}

void connection::respond(uint64_t id, const outcome& result) {
  const auto frame = encode_response(id, result);
  out_.insert(out_.end(), frame.begin(), frame.end());
}

void connection::end_with(uint64_t id, status reason) {
  respond(id, {.status = reason});
  ending_ = true;
}

// Nothing is read while responses wait to be taken, so they are never more than one buffer's frames make.
connection_state connection::write_on() {
  while (written_ < out_.size()) {
    const ssize_t sent = ::send(fd(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return connection_state::writing;
    if (sent < 0 && errno != EINTR) return connection_state::closed;
    written_ += sent > 0 ? static_cast<size_t>(sent) : 0;
  }
  // The client shall read the last response and not find the connection reset: it closes, we follow.
  if (ending_ && !out_.empty()) ::shutdown(fd(), SHUT_WR);
  out_.clear();
  written_ = 0;
  return connection_state::reading;
}

} // namespace texlex::bench
