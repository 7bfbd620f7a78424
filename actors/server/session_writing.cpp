// What a connection writes: responses in one go, and the rest of them when the socket takes it. See session.hpp.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include <sys/socket.h>

#include "actors/server/session.hpp"

namespace texlex {

// Mostly the socket takes all at once, so that there is nothing to wait for.
void session::write_waiting() {
  while (written_ == out_.size()) {
    const std::span<const response> responses = protocol_.begin_write(core_.loop.time());
    if (responses.empty()) return;
    put_out(responses);
    share_.charge(core_.turn, out_.size());
    if (!write_some()) return;
  }
}

void session::write_rest() {
  if (write_some()) settle_or_throw();
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

} // namespace texlex
