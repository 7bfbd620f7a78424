#include "runtime/socket_batch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include <sys/socket.h>

#ifdef TEXLEX_IO_URING
#include <liburing.h>
#endif

namespace texlex {

ssize_t carry_out(const socket_operation& one) noexcept {
  for (;;) {
    const ssize_t moved = one.what == socket_operation::kind::send
                            ? ::send(one.fd, one.data, one.bytes, MSG_DONTWAIT | MSG_NOSIGNAL)
                            : ::recv(one.fd, one.data, one.bytes, MSG_DONTWAIT);
    if (moved >= 0) return moved;
    if (errno != EINTR) return -errno;
  }
}

#ifdef TEXLEX_IO_URING

struct socket_batch::ring {
  io_uring queue{};
};

void socket_batch::ring_ends::operator()(ring* ended) const noexcept {
  io_uring_queue_exit(&ended->queue);
  delete ended;
}

socket_batch::socket_batch(way wanted) noexcept {
  if (wanted == way::one_by_one) return;
  try {
    auto made = std::make_unique<ring>();
    if (io_uring_queue_init(operations_max, &made->queue, 0) == 0) ring_.reset(made.release());
  } catch (const std::bad_alloc&) { // as where the system is too old, or forbids it
    return;
  }
}

// A ring that fails, for want of memory in the system, is given up for good: what it had not done is done one by one.
void socket_batch::carry_out_in_one_call(std::span<socket_operation> operations) noexcept {
  io_uring& queue = ring_->queue;
  std::array<bool, operations_max> done{};
  for (size_t i = 0; i < operations.size(); ++i) {
    socket_operation& one = operations[i];
    io_uring_sqe* const entry = io_uring_get_sqe(&queue); // there is room: all of the last call have been taken
    if (one.what == socket_operation::kind::send)
      io_uring_prep_send(entry, one.fd, one.data, one.bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
      io_uring_prep_recv(entry, one.fd, one.data, one.bytes, MSG_DONTWAIT);
    io_uring_sqe_set_data64(entry, i);
  }
  bool failed = false;
  size_t left = operations.size();
  while (left > 0 && !failed) {
    const int submitted = io_uring_submit_and_wait(&queue, static_cast<unsigned>(left));
    failed = submitted < 0 && submitted != -EINTR;
    unsigned head = 0, taken = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&queue, head, entry) {
      const size_t which = io_uring_cqe_get_data64(entry);
      operations[which].result = entry->res;
      done[which] = true;
      ++taken;
    }
    io_uring_cq_advance(&queue, taken);
    left -= taken;
  }
  if (failed) ring_.reset(); // first, so that nothing is done twice
  for (size_t i = 0; i < operations.size(); ++i)
    if (!done[i] || operations[i].result == -EINTR) operations[i].result = texlex::carry_out(operations[i]);
}

#else

struct socket_batch::ring {};

void socket_batch::ring_ends::operator()(ring* ended) const noexcept { delete ended; }

socket_batch::socket_batch(way) noexcept {}

void socket_batch::carry_out_in_one_call(std::span<socket_operation>) noexcept {}

#endif

socket_batch::~socket_batch() = default;

void socket_batch::carry_out(std::span<socket_operation> operations) noexcept {
  while (ring_ && operations.size() > 1) {
    const auto now = operations.first(std::min(operations.size(), operations_max));
    carry_out_in_one_call(now);
    operations = operations.subspan(now.size());
  }
  for (socket_operation& each : operations) each.result = texlex::carry_out(each);
}

} // namespace texlex
