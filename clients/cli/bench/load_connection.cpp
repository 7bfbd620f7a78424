#include "clients/cli/bench/load_connection.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <spdlog/fmt/fmt.h>

namespace texlex::load {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

/// Before a broken connection is tried again; doubled with each failure in a row.
constexpr auto first_pause = 10ms;
constexpr auto longest_pause = 500ms;
constexpr uint32_t doublings_max = 6;
/// A Unix socket whose queue is full cannot be waited for, only tried again.
constexpr auto queue_full_pause = 1ms;
/// Answers that may still come late; more than that, and the connection is of no use.
constexpr size_t given_up_max = 65'536;

} // namespace

load_connection::load_connection(asio::io_context& io, const load_plan& plan, uint8_t target, load_events& events)
  : plan_(plan), target_(plan.targets[target]), target_index_(target), events_(events), socket_(io), pause_(io),
    buffer_(buffer_bytes) {
  flights_.reserve(plan.in_flight);
}

void load_connection::open() {
  connecting_since_ = now();
  connect_again_soon();
}

void load_connection::connect_again_soon() {
  phase_ = phase::connecting;
  ++epoch_;
  filled_bytes_ = 0;
  error_code ignored; // it was not connected
  socket_.close(ignored);
  socket_.async_connect(target_.endpoint, [this, epoch = epoch_](const error_code& error) {
    if (epoch == epoch_) connected(error);
  });
}

void load_connection::connected(const error_code& failure) {
  error_code error = failure;
  if (!error) (void)socket_.remote_endpoint(error); // a full queue of a Unix socket looks like success until here
  if (error == asio::error::not_connected || error == asio::error::would_block) {
    pause_.expires_after(queue_full_pause);
    return pause_.async_wait([this, epoch = epoch_](const error_code& cancelled) {
      if (!cancelled && epoch == epoch_) connect_again_soon();
    });
  }
  if (!error) socket_.non_blocking(true, error);
  if (!error && target_.is_tcp) socket_.set_option(asio::ip::tcp::no_delay{true}, error);
  if (error)
    return lost(ending::connect_failed, fmt::format("cannot connect to {}: {}", target_.address, error.message()));
  phase_ = phase::open;
  if (!std::exchange(tried_, true)) events_.tried();
  read_on();
  if (flights_.empty()) return events_.ready(*this);
  write_on(); // a request that had waited for its own connection
}

bool load_connection::can_take() const noexcept {
  if (plan_.reconnect) return phase_ == phase::closed && flights_.empty();
  return phase_ == phase::open && !writing_ && flights_.size() < plan_.in_flight;
}

void load_connection::take(const due_request& request) {
  const auto& document = plan_.documents[request.document];
  flights_.push_back({next_id_++, request});
  writing_ = true;
  writing_id_ = flights_.back().id;
  written_bytes_ = 0;
  head_ = encode_request_head(writing_id_, static_cast<uint32_t>(document.bytes.size()));
  body_ = document.bytes;
  plan_.reconnect ? open() : write_on();
}

void load_connection::write_on() {
  while (written_bytes_ < head_.size() + body_.size()) {
    const size_t of_head = std::min(written_bytes_, head_.size());
    const size_t of_body = written_bytes_ - of_head;
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head_) + of_head,
                                                  asio::buffer(body_.data(), body_.size()) + of_body};
    error_code error;
    const size_t sent = socket_.write_some(parts, error);
    if (error == asio::error::would_block) {
      return socket_.async_wait(asio::socket_base::wait_write, [this, epoch = epoch_](const error_code& cancelled) {
        if (epoch != epoch_ || cancelled) return;
        write_on();
        if (epoch == epoch_ && !writing_) events_.ready(*this);
      });
    }
    if (error) return lost(ending::connection_broken, fmt::format("{}: {}", target_.address, error.message()));
    if (written_bytes_ == 0 && !flights_.empty() && flights_.back().id == writing_id_)
      flights_.back().lateness_us = to_sample_us(now() - flights_.back().request.intended);
    written_bytes_ += sent;
  }
  writing_ = false;
}

void load_connection::read_on() {
  socket_.async_read_some(asio::buffer(buffer_.data() + filled_bytes_, buffer_.size() - filled_bytes_),
                          [this, epoch = epoch_](const error_code& error, size_t bytes) {
                            if (epoch == epoch_) was_read(error, bytes);
                          });
}

void load_connection::was_read(const error_code& error, size_t bytes) {
  if (error) {
    if (error == asio::error::eof && flights_.empty() && filled_bytes_ == 0) {
      events_.closed_idle();
      return pause_and_reopen();
    }
    return lost(ending::connection_broken, fmt::format("{}: {}", target_.address, error.message()));
  }
  const instant at = now();
  const uint64_t epoch = epoch_;
  filled_bytes_ += bytes;
  size_t taken = 0;
  for (; filled_bytes_ - taken >= response_frame_bytes; taken += response_frame_bytes)
    if (!take_response(std::span{buffer_}.subspan(taken).first<response_frame_bytes>(), at)) return;
  std::memmove(buffer_.data(), buffer_.data() + taken, filled_bytes_ - taken);
  filled_bytes_ -= taken;
  if (filled_bytes_ >= frame_header_bytes
      && decode_header(std::span{buffer_}.first<frame_header_bytes>()).payload_bytes != response_payload_bytes)
    return lost(ending::malformed_response, target_.address + ": what came is no response of protocol version 1");
  if (taken > 0) events_.ready(*this);
  if (epoch == epoch_) read_on();
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
  const auto one = std::ranges::lower_bound(flights_, header.id, {}, &flight::id);
  if (one == flights_.end() || one->id != header.id) {
    if (given_up_.erase(header.id) == 0)
      events_.connection_failed(ending::unknown_id,
                                fmt::format("{} answered request {}, which is not open", target_.address, header.id));
    return true;
  }
  answered(one, result, at);
  if (!plan_.reconnect) return true;
  close();
  events_.ready(*this);
  return false;
}

void load_connection::answered(std::vector<flight>::iterator one, const outcome& result, instant at) {
  const flight done = *one;
  flights_.erase(one);
  failures_in_a_row_ = 0;
  const outcome& expected = plan_.documents[done.request.document].expected;
  const bool right = result.token_count == expected.token_count && result.issue_count == expected.issue_count;
  const ending how = ending_of(result.status);
  end(done, how == ending::ok && plan_.check && !right ? ending::wrong : how, at, result.origin);
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
  bool freed = false;
  while (!flights_.empty() && at - flights_.front().request.intended >= plan_.timeout) {
    const flight late = flights_.front();
    flights_.erase(flights_.begin());
    end(late, ending::timed_out, at);
    freed = true;
    const bool half_written = writing_ && writing_id_ == late.id;
    if (half_written || plan_.reconnect || given_up_.size() == given_up_max)
      return lost(ending::connection_broken, target_.address + " left a request unread or unanswered: gave up on it");
    given_up_.insert(late.id);
  }
  if (freed) events_.ready(*this);
}

void load_connection::end(const flight& one, ending how, instant at, origin from) {
  events_.ended(one.request, {to_sample_us(at - one.request.intended), one.lateness_us, one.request.document,
                              target_index_, how, from});
}

void load_connection::end_all(ending how, instant at) {
  for (const flight& one : std::exchange(flights_, {})) end(one, how, at);
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
  pause_.expires_after(pause);
  pause_.async_wait([this, epoch = epoch_](const error_code& cancelled) {
    if (cancelled || epoch != epoch_) return;
    phase_ = phase::closed;
    plan_.reconnect ? events_.ready(*this) : open();
  });
}

void load_connection::close() {
  ++epoch_;
  phase_ = phase::closed;
  writing_ = false;
  filled_bytes_ = 0;
  given_up_.clear();
  pause_.cancel();
  error_code ignored; // it is given up in any case
  // A connection a request leaves a port in TIME_WAIT each: reset instead, or the ports run out. All was answered.
  if (plan_.reconnect && target_.is_tcp) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket_.close(ignored);
}

void load_connection::abandon(instant at) {
  close();
  end_all(ending::connection_broken, at);
}

} // namespace texlex::load
