// What a connection writes: responses in one go, and the rest of them when the socket takes it. See session.hpp.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "actors/server/session.hpp"

namespace texlex {

// Mostly the socket takes all at once, so that there is nothing to wait for.
void session::write_waiting() {
  while (begin_write())
    if (!write_some()) return;
}

// False: nothing waits, or something is being written.
bool session::begin_write() {
  if (written_ != out_.size()) return false;
  const std::span<const response> responses = protocol_.begin_write(core_.loop.time());
  if (responses.empty()) return false;
  put_out(responses);
  share_.charge(core_.turn, out_.size());
  return true;
}

void session::write_rest() {
  if (write_some()) settle_or_throw();
}

// True: all that was put out is written.
bool session::write_some() {
  while (written_ < out_.size())
    if (!wrote(carry_out(send_of_the_rest()))) return false;
  return true;
}

// False: the socket takes no more for now, or it has broken.
bool session::wrote(ssize_t result) {
  if (result == -EAGAIN || result == -EWOULDBLOCK) return false;
  if (result < 0) return vanished(std::strerror(static_cast<int>(-result))), false;
  core_.counters.bytes_written.add(static_cast<size_t>(result));
  written_ += static_cast<size_t>(result);
  if (written_ < out_.size()) return true;
  protocol_.written(core_.loop.time());
  if (core_.loop.by_io_uring()) core_.loop.expect(*this);
  return true;
}

socket_operation session::send_of_the_rest() noexcept {
  return {socket_operation::kind::send, socket_.get(), out_.data() + written_, out_.size() - written_};
}

std::optional<socket_operation> session::wants_to_send() noexcept {
  std::optional<socket_operation> wanted;
  guarded([&] {
    if (!closed_ && begin_write()) wanted = send_of_the_rest();
  });
  return wanted;
}

void session::sent(ssize_t result) noexcept {
  guarded([&] {
    if (!closed_) (void)wrote(result);
  });
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

} // namespace texlex
