// What a connection writes: responses in one go, and the rest of them when the socket takes it. See session.hpp.
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <sys/socket.h>

#include <boost/container/static_vector.hpp>

#include "actors/server/session.hpp"
#include "actors/state/turn_budget.hpp"
#include "runtime/passed_descriptor.hpp"

namespace texlex {

// Mostly the socket takes all at once, so that there is nothing to wait for.
void session::write_waiting() {
  while (begin_write())
    if (!write_some()) return;
}

// False: nothing waits, or something is being written.
bool session::begin_write() {
  if (!out_.done()) return false;
  const std::span<const response> responses = protocol_.begin_write(core_.loop.time());
  if (responses.empty()) return false;
  put_out(responses);
  share_.charge(core_.turn, out_.own_bytes());
  return true;
}

void session::write_rest() {
  if (write_some()) settle_or_throw();
}

// True: all that was put out is written. Columns are megabytes: they are written within the connection's share of the
// turn, and the rest when the socket says that it takes more.
bool session::write_some() {
  while (!out_.done()) {
    if (!out_.whole() && !share_.left(core_.turn)) return false;
    if (!wrote(send_rest())) return false;
  }
  return true;
}

// False: the socket takes no more for now, or it has broken.
bool session::wrote(ssize_t result) {
  if (result == -EAGAIN || result == -EWOULDBLOCK) return false;
  if (result < 0) return vanished(std::strerror(static_cast<int>(-result))), false;
  core_.counters.bytes_written.add(static_cast<size_t>(result));
  out_.wrote(static_cast<size_t>(result));
  if (!out_.done()) return true;
  out_.clear(); // before the columns it refers to go
  protocol_.written(core_.loop.time());
  if (core_.loop.by_io_uring()) core_.loop.expect(*this);
  return true;
}

ssize_t session::send_rest() noexcept {
  if (out_.whole()) {
    const std::span<uint8_t> rest = out_.rest();
    return carry_out({socket_operation::kind::send, socket_.get(), rest.data(), rest.size()});
  }
  std::array<iovec, outgoing::pieces_at_once_max> pieces;
  msghdr message{};
  passed_descriptor beside;
  if (const auto fd = out_.descriptor_due()) beside.send_with(message, *fd);
  message.msg_iov = pieces.data();
  message.msg_iovlen = out_.rest(pieces, turn_budget::connection_max);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return -errno;
  share_.charge(core_.turn, static_cast<size_t>(sent));
  return sent;
}

std::optional<socket_operation> session::wants_to_send() noexcept {
  std::optional<socket_operation> wanted;
  guarded([&] {
    if (closed_ || !begin_write()) return;
    if (!out_.whole()) return void(write_some()); // columns go by a call of their own
    const std::span<uint8_t> rest = out_.rest();
    wanted = {socket_operation::kind::send, socket_.get(), rest.data(), rest.size()};
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
  for (const response& one : responses) {
    switch (one.form) {
      case response_form::stats: put_out_text(one, frame_type::stats_response); continue;
      case response_form::hello: put_out_text(one, frame_type::hello_response); continue;
      case response_form::going_away: put_out_text(one, frame_type::going_away); continue;
      case response_form::batch: put_out_batch(one); continue;
      case response_form::tokenized: put_out_tokenized(one); break;
      case response_form::counts: out_.append(encode_response(one.id, one.result)); break;
    }
    count_response(one);
  }
}

void session::count_response(const response& one) noexcept {
  const auto index = static_cast<size_t>(one.result.status);
  if (index < core_.counters.responses.size()) core_.counters.responses[index].add();
}

void session::put_out_text(const response& one, frame_type type) {
  const auto bytes = static_cast<uint32_t>(one.text->size());
  out_.append(encode({static_cast<uint32_t>(type), one.id, bytes}));
  out_.append({reinterpret_cast<const uint8_t*>(one.text->data()), one.text->size()});
  if (type == frame_type::stats_response) core_.counters.stats_told.add();
}

namespace {

column_list columns_of(const response& one) noexcept {
  if (!one.columns) return {};
  return {one.columns->columns.data(), one.columns->columns.size()};
}

std::span<const uint8_t> bytes_of(const std::string& text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

} // namespace

void session::put_out_tokenized(const response& one) {
  const bool lent = one.columns && !one.columns->lent().empty();
  if (lent) put_out_lent(one);
  const auto bytes = static_cast<uint32_t>(tokenized_payload_bytes(columns_of(one), lent));
  out_.append(encode({static_cast<uint32_t>(frame_type::tokenize_response), one.id, bytes}));
  put_out_columns(one);
}

void session::put_out_batch(const response& one) {
  boost::container::static_vector<uint64_t, limits::batch_documents_max> lengths;
  uint64_t bytes = batch_response_head_bytes(one.documents.size());
  for (const response& each : one.documents) {
    lengths.push_back(tokenized_payload_bytes(columns_of(each)));
    bytes += lengths.back();
  }
  out_.append(encode({static_cast<uint32_t>(frame_type::batch_response), one.id, static_cast<uint32_t>(bytes)}));
  out_.append(bytes_of(encode_batch_response_head(one.result, {lengths.data(), lengths.size()})));
  for (const response& each : one.documents) {
    put_out_columns(each);
    count_response(each);
  }
  if (one.documents.empty()) count_response(one);
}

// Each column's padding lies behind it in its memory.
void session::put_out_columns(const response& one) {
  const column_list columns = columns_of(one);
  const std::span<const uint8_t> lent = one.columns ? one.columns->lent() : std::span<const uint8_t>{};
  out_.append(bytes_of(encode_tokenized_head({.result = one.result,
                                              .issues_told = one.columns ? one.columns->issues_told : 0,
                                              .view = one.view,
                                              .unit = one.unit},
                                             columns, lent)));
  if (!lent.empty()) return;
  for (const column_bytes& each : columns) out_.refer({each.bytes.data(), padded_to_column(each.bytes.size())});
}

} // namespace texlex
