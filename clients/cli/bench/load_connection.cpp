// Connecting, what comes, and every way a request or a connection ends. What leaves: load_connection_sending.cpp.
#include "clients/cli/bench/load_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace texlex::load {
namespace {

using namespace std::chrono_literals;

/// Before a broken connection is tried again; doubled with each failure in a row.
constexpr auto first_pause = 10ms;
constexpr auto longest_pause = 500ms;
constexpr uint32_t doublings_max = 6;
/// A Unix socket whose queue is full cannot be waited for, only tried again.
constexpr auto queue_full_pause = 1ms;
/// Answers that may still come late; more than that, and the connection is of no use.
constexpr size_t given_up_max = 65'536;

std::string reason(int error) { return std::generic_category().message(error); }

} // namespace

load_connection::load_connection(event_loop& loop, const load_plan& plan, uint32_t number, load_events& events)
  : loop_(loop), plan_(plan), number_(number), target_index_(static_cast<uint8_t>(number % plan.targets.size())),
    target_(plan.targets[target_index_]), events_(events), flights_(plan.in_flight), buffer_(buffer_bytes) {
  unsent_.reserve(requests_a_send_max);
}

void load_connection::open() {
  connecting_since_ = now();
  connect_again_soon();
}

void load_connection::connect_again_soon() {
  phase_ = phase::connecting;
  ++epoch_;
  filled_bytes_ = 0;
  socket_ = owned_fd{::socket(target_.endpoint.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket_.is_open()) return connect_failed(errno);
  const int on = 1;
  if (target_.is_tcp) ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target_.endpoint), target_.endpoint_bytes) == 0)
    return loop_.watch(socket_.get(), EPOLLIN, *this) ? connected() : connect_failed(ENOMEM);
  if (errno == EINPROGRESS) {
    if (!loop_.watch(socket_.get(), EPOLLOUT, *this)) connect_failed(ENOMEM);
  } else if (errno == EAGAIN) {
    loop_.call_at(now() + queue_full_pause, [this, epoch = epoch_] {
      if (epoch == epoch_) connect_again_soon();
    });
  } else {
    connect_failed(errno);
  }
}

void load_connection::connecting_went_on(uint32_t events) {
  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
  int error = 0;
  socklen_t error_bytes = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &error_bytes) != 0) error = errno;
  if (error == 0 && !loop_.watch_for(socket_.get(), EPOLLIN, *this)) error = ENOMEM;
  error == 0 ? connected() : connect_failed(error);
}

void load_connection::connect_failed(int error) {
  lost(ending::connect_failed, fmt::format("cannot connect to {}: {}", target_.address, reason(error)));
}

void load_connection::connected() {
  phase_ = phase::open;
  if (!std::exchange(tried_, true)) events_.tried();
  if (flights_.count() == 0) return events_.ready(*this, now());
  send(); // a request that had waited for its own connection
}

// Whatever throws ends the run, not the process.
void load_connection::ready(uint32_t events) noexcept {
  try {
    if (phase_ == phase::connecting) return connecting_went_on(events);
    if (phase_ == phase::open && (events & EPOLLOUT) != 0) room_again();
    if (phase_ == phase::open && (events & ~uint32_t{EPOLLOUT}) != 0) receive();
  } catch (...) {
    events_.threw(std::current_exception());
  }
}

// Once a time: if there is more, the socket is still readable.
void load_connection::receive() {
  const ssize_t got = ::recv(socket_.get(), buffer_.data() + filled_bytes_, buffer_.size() - filled_bytes_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return lost(ending::connection_broken, fmt::format("{}: {}", target_.address, reason(errno)));
  if (got == 0) return was_closed();
  filled_bytes_ += static_cast<size_t>(got);
  take_responses(now()); // not before: none of them shall look quicker than it was
}

void load_connection::was_closed() {
  if (flights_.count() > 0 || filled_bytes_ > 0)
    return lost(ending::connection_broken, target_.address + ": the server has closed the connection");
  events_.closed_idle();
  pause_and_reopen();
}

void load_connection::take_responses(instant at) {
  size_t taken = 0;
  for (; filled_bytes_ - taken >= response_frame_bytes; taken += response_frame_bytes)
    if (!take_response(std::span{buffer_}.subspan(taken).first<response_frame_bytes>(), at)) return;
  std::memmove(buffer_.data(), buffer_.data() + taken, filled_bytes_ - taken);
  filled_bytes_ -= taken;
  if (filled_bytes_ >= frame_header_bytes
      && decode_header(std::span{buffer_}.first<frame_header_bytes>()).payload_bytes != response_payload_bytes)
    return lost(ending::malformed_response, target_.address + ": what came is no response of protocol version 1");
  if (taken > 0) events_.ready(*this, at);
}

// Says whether the connection goes on.
bool load_connection::take_response(std::span<const uint8_t, response_frame_bytes> frame, instant at) {
  const frame_header header = decode_header(frame.first<frame_header_bytes>());
  if (header.type != static_cast<uint32_t>(frame_type::response) || header.payload_bytes != response_payload_bytes) {
    lost(ending::malformed_response, target_.address + ": what came is no response of protocol version 1");
    return false;
  }
  const outcome result = decode_response(frame.last<response_payload_bytes>());
  if (header.id == 0 && result.status == status::too_many_connections) {
    refused_at_the_door(at);
    return false;
  }
  const auto one = flights_.find(header.id);
  if (one == flight_table::none) {
    if (given_up_.erase(header.id) == 0)
      events_.connection_failed(ending::unknown_id,
                                fmt::format("{} answered request {}, which is not open", target_.address, header.id));
    return true;
  }
  answered(one, result, at);
  if (!plan_.reconnect) return true;
  close();
  events_.ready(*this, at);
  return false;
}

void load_connection::answered(flight_table::place one, const outcome& result, instant at) {
  failures_in_a_row_ = 0;
  const outcome& expected = plan_.documents[flights_[one].request.document].expected;
  const bool right = result.token_count == expected.token_count && result.issue_count == expected.issue_count;
  const ending how = ending_of(result.status);
  end(one, how == ending::ok && plan_.check && !right ? ending::wrong : how, at, result.origin);
}

void load_connection::refused_at_the_door(instant at) {
  const ending how = ending_of(status::too_many_connections);
  close();
  end_all(how, at);
  events_.connection_failed(how, target_.address + " holds as many connections as it may");
  pause_and_reopen();
}

void load_connection::expire(instant at) {
  if (phase_ == phase::connecting && at - connecting_since_ >= plan_.timeout)
    return lost(ending::connect_failed, "the time to connect to " + target_.address + " is up");
  const uint32_t before = flights_.count();
  bool goes_on = true;
  flights_.for_each_due(at - plan_.timeout, [&](flight_table::place late) {
    const bool is_unsent = std::ranges::find(unsent_, late) != unsent_.end(); // what was begun must be ended
    goes_on = goes_on && !is_unsent && !plan_.reconnect && given_up_.size() < given_up_max;
    if (goes_on) given_up_.insert(flights_[late].id);
    end(late, ending::timed_out, at);
  });
  if (!goes_on)
    return lost(ending::connection_broken, target_.address + " left a request unread or unanswered: gave up on it");
  if (flights_.count() < before) events_.ready(*this, at);
}

void load_connection::end(flight_table::place one, ending how, instant at, origin from) {
  const flight& done = flights_[one];
  const due_request request = done.request;
  const load_sample sample{
    to_sample_us(at - request.intended), done.lateness_us, request.document, target_index_, how, from};
  flights_.remove(one);
  events_.ended(request, sample, at);
}

void load_connection::end_all(ending how, instant at) {
  flights_.for_each_due(instant::max(), [&](flight_table::place one) { end(one, how, at); });
}

void load_connection::lost(ending how, const std::string& sentence) {
  close();
  end_all(how, now());
  events_.connection_failed(how, sentence);
  pause_and_reopen();
}

// In the first moments of a failure that lasts, neither side is helped by thousands of attempts a second.
void load_connection::pause_and_reopen() {
  close();
  if (!std::exchange(tried_, true)) events_.tried();
  phase_ = phase::pausing;
  const auto pause = std::min<std::chrono::milliseconds>(
    first_pause * (1 << std::min(failures_in_a_row_, doublings_max)), longest_pause);
  ++failures_in_a_row_;
  loop_.call_at(now() + pause, [this, epoch = epoch_] {
    if (epoch != epoch_) return;
    phase_ = phase::closed;
    plan_.reconnect ? events_.ready(*this, now()) : open();
  });
}

void load_connection::close() {
  ++epoch_;
  phase_ = phase::closed;
  unsent_.clear();
  unsent_bytes_ = begun_bytes_ = 0;
  is_full_ = false;
  filled_bytes_ = 0;
  given_up_.clear();
  // A connection a request leaves a port in TIME_WAIT each: reset instead, or the ports run out. All was answered.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (plan_.reconnect && target_.is_tcp && socket_.is_open())
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.close(); // which ends its watch
}

void load_connection::abandon(instant at) {
  close();
  end_all(ending::connection_broken, at);
}

} // namespace texlex::load
