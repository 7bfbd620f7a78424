// What a connection and its client pass each other beside bytes: documents and columns in memory that both map. See
// session.hpp.
#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include <sys/socket.h>

#include "actors/server/session.hpp"
#include "runtime/passed_descriptor.hpp"

namespace texlex {
namespace {

using namespace std::chrono_literals;

constexpr duration kept_warm = 1s; // how long memory that came back waits to be lent again

bool is_unix_socket(int fd) noexcept {
  int domain = 0;
  socklen_t bytes = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) == 0 && domain == AF_UNIX;
}

} // namespace

// Asked once, by a hello.
uint32_t session::features_to_offer() const noexcept {
  const uint32_t offered = core_.offered.features();
  if (is_unix_socket(socket_.get())) return offered;
  return offered & ~static_cast<uint32_t>(hello_feature::descriptors);
}

bool session::passes_descriptors() const noexcept { return holds(protocol_.features(), hello_feature::descriptors); }

// Once descriptors may come each read has to ask for them, or they would be lost without a trace.
ssize_t session::receive(std::span<uint8_t> room) noexcept {
  if (!passes_descriptors())
    return carry_out({socket_operation::kind::receive, socket_.get(), room.data(), room.size()});
  iovec part{room.data(), room.size()};
  passed_descriptor beside;
  msghdr message{};
  ssize_t got = 0;
  do {
    message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    beside.receive_with(message);
    got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | close_on_exec);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  if (got == 0) return 0;
  auto passed = passed_descriptor::of(message);
  if (passed.fd.is_open() || passed.lost)
    passed_.arrived({.begin = stream_read_,
                     .end = stream_read_ + static_cast<uint64_t>(got),
                     .fd = std::move(passed.fd),
                     .several = passed.several,
                     .share = {core_.lending.files, 1}});
  return got;
}

// A document that is passed is not ours: it is not counted among the bytes in flight, and only a scan looks at it.
std::optional<status> session::map_document(job& one, size_t bytes) noexcept {
  auto taken = passed_.take(frame_at_);
  if (const auto* const why = std::get_if<status>(&taken)) return *why;
  try {
    one.passed = shared_view::map_unchanging(std::get<owned_fd>(taken), bytes);
  } catch (const std::bad_alloc&) {
    return status::descriptor_lost; // which is none of the client's doing
  }
  if (!one.passed) return status::bad_descriptor;
  one.document = one.passed->bytes();
  core_.counters.documents_passed.add();
  return std::nullopt;
}

// Null where so little is asked for that to copy it costs less than to map it. Throws std::bad_alloc.
std::shared_ptr<lending_pool> session::lender_for(uint64_t column_bytes) {
  if (column_bytes < limits::lent_column_bytes_min) return nullptr;
  if (!lender_)
    lender_ = std::make_shared<lending_pool>(core_.lending, core_.protocol_limits.column_bytes_held_max,
                                             limits::lent_to_one_max);
  last_lent_ = core_.loop.time();
  return lender_;
}

// The lease lasts until the client gives it back, or its connection ends.
void session::put_out_lent(const response& one) {
  lent_.push_back({one.id, one.columns});
  out_.attach(one.columns->memory->shared()->fd());
  core_.counters.columns_lent.add();
}

// Of several responses to one id the earliest, as the client has read that first.
void session::take_back(uint64_t id) noexcept {
  const auto found = std::find_if(lent_.begin(), lent_.end(), [&](const loan& each) { return each.id == id; });
  if (found != lent_.end()) lent_.erase(found);
}

// Memory that nobody uses is kept for the client's next request for a while only.
void session::cool_down(instant at) noexcept {
  if (lender_ && at - last_lent_ > kept_warm) lender_->forget_kept();
}

} // namespace texlex
