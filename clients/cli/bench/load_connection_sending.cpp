// What leaves a connection: requests are noted as they are taken and sent together, each from where its document lies.
#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/bench/load_connection.hpp"

namespace texlex::load {
namespace {

constexpr size_t parts_a_request = 2; // its head and its document

} // namespace

size_t load_connection::frame_bytes(const flight& one) const noexcept {
  return one.head.size() + plan_.documents[one.request.document].bytes.size();
}

bool load_connection::can_take() const noexcept {
  if (plan_.reconnect) return phase_ == phase::closed && flights_.count() == 0;
  return phase_ == phase::open && !is_full_ && !flights_.is_full() && unsent_.size() < requests_a_send_max
         && unsent_bytes_ < bytes_a_send_max;
}

void load_connection::take(const due_request& request) {
  const auto at = flights_.add(request);
  flight& one = flights_[at];
  one.head = encode_request_head(one.id, static_cast<uint32_t>(plan_.documents[request.document].bytes.size()));
  unsent_bytes_ += frame_bytes(one);
  unsent_.push_back(at);
  if (plan_.reconnect) open(); // which begins with nothing of this written, and sends it in the end
}

void load_connection::send() {
  std::array<iovec, parts_a_request * requests_a_send_max> parts;
  while (phase_ == phase::open && !unsent_.empty()) {
    const size_t rest_bytes = unsent_bytes_ - begun_bytes_;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = gather(parts);
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN)
      return lost(ending::connection_broken,
                  fmt::format("{}: {}", target_.address, std::generic_category().message(errno)));
    if (sent > 0) was_sent(static_cast<size_t>(sent), now());
    if (sent < 0 || static_cast<size_t>(sent) < rest_bytes) return wait_for_room();
  }
}

size_t load_connection::gather(std::span<iovec> parts) noexcept {
  size_t count = 0;
  size_t skipped = begun_bytes_;
  const auto add = [&](std::span<const uint8_t> bytes) {
    const size_t of_these = std::min(skipped, bytes.size());
    skipped -= of_these;
    if (of_these < bytes.size())
      parts[count++] = {const_cast<uint8_t*>(bytes.data()) + of_these, bytes.size() - of_these};
  };
  for (const auto at : unsent_) {
    add(flights_[at].head);
    add(plan_.documents[flights_[at].request.document].bytes);
  }
  return count;
}

void load_connection::was_sent(size_t bytes, instant at) {
  size_t whole = 0;
  begun_bytes_ += bytes;
  for (; whole < unsent_.size(); ++whole) {
    flight& one = flights_[unsent_[whole]];
    if (begun_bytes_ == 0) break;
    if (one.lateness_us == never_sent) one.lateness_us = to_sample_us(at - one.request.intended);
    const size_t frame = frame_bytes(one);
    if (begun_bytes_ < frame) break;
    begun_bytes_ -= frame;
    unsent_bytes_ -= frame;
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<ptrdiff_t>(whole));
}

// What an open loop has due and not begun is for whoever can send it; in a closed loop it is this connection's own.
void load_connection::wait_for_room() {
  const size_t begun = begun_bytes_ > 0 ? 1 : 0;
  while (plan_.requests_per_second && unsent_.size() > begun) {
    const auto at = unsent_.back();
    const due_request request = flights_[at].request;
    unsent_.pop_back();
    unsent_bytes_ -= frame_bytes(flights_[at]);
    flights_.remove(at);
    events_.given_back(request);
  }
  if (!std::exchange(is_full_, true) && !loop_.watch_for(socket_.get(), EPOLLIN | EPOLLOUT, *this))
    lost(ending::connection_broken, target_.address + ": the system has no memory to wait for it");
}

// A closed loop's request is due when its connection has room for it.
void load_connection::room_again() {
  const instant at = now();
  for (size_t i = begun_bytes_ > 0 ? 1 : 0; i < unsent_.size() && !plan_.requests_per_second; ++i)
    flights_[unsent_[i]].request.intended = at;
  send();
  if (phase_ != phase::open || !unsent_.empty()) return;
  if (std::exchange(is_full_, false) && !loop_.watch_for(socket_.get(), EPOLLIN, *this))
    return lost(ending::connection_broken, target_.address + ": the system has no memory to wait for it");
  events_.ready(*this, at);
}

} // namespace texlex::load
