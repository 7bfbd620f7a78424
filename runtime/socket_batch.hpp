// Many sends or receives in one system call, by io_uring, where the system has it and lets it be used: to enter the
// system costs as much as to move a small document, on some virtual machines more. Nothing waits in it: each operation
// is carried out at once or says that it cannot be, as with MSG_DONTWAIT. Where there is no io_uring, or for a single
// one, they are carried out one by one. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sys/types.h>

namespace texlex {

struct socket_operation {
  enum class kind : uint8_t { receive, send };

  kind what = kind::receive;
  int fd = -1;
  uint8_t* data = nullptr; ///< of a send: only read
  size_t bytes = 0;        ///< to be sent, or that there is room for
  ssize_t result = 0;      ///< bytes; of a receive 0 is the end; or an error number, negative
};

/// One operation, by a system call of its own. Not EINTR: it is tried again.
[[nodiscard]] ssize_t carry_out(const socket_operation& one) noexcept;

class socket_batch {
public:
  /// Operations in one call; more are carried out in several.
  static constexpr size_t operations_max = 64;

  enum class way : uint8_t { io_uring_if_possible, one_by_one };

  explicit socket_batch(way wanted = way::one_by_one) noexcept;
  ~socket_batch();
  socket_batch(const socket_batch&) = delete;
  socket_batch& operator=(const socket_batch&) = delete;

  /// Carries them all out, in their order for each socket, and fills in the results.
  void carry_out(std::span<socket_operation> operations) noexcept;

  /// Whether several go in one call.
  [[nodiscard]] bool by_io_uring() const noexcept { return ring_ != nullptr; }

private:
  struct ring;
  struct ring_ends {
    void operator()(ring* ended) const noexcept;
  };

  void carry_out_in_one_call(std::span<socket_operation> operations) noexcept;

  std::unique_ptr<ring, ring_ends> ring_;
};

} // namespace texlex
