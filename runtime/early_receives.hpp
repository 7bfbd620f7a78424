// Receives that go along with sends, in the same system call: a client that has just had its answer is likely to have
// sent its next request by the time others get theirs. What they find is told in the next pass, which, if it is
// enough, need not look at all sockets first.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <boost/container/static_vector.hpp>

#include "runtime/descriptor_watcher.hpp"
#include "runtime/receive_slots.hpp"
#include "runtime/socket_batch.hpp"

namespace texlex {

class early_receives {
public:
  /// It has been sent something, and may send something itself soon.
  void expect(descriptor_watcher& from) noexcept {
    if (expected_.size() < expected_.capacity()) expected_.push_back(&from);
  }

  /// It is told nothing any more.
  void forget(const descriptor_watcher& gone) noexcept;

  /// Carries out these sends, and a receive for each that was expected since the last time.
  void carry_out(socket_batch& sockets, std::span<socket_operation> sends) noexcept;

  /// Something was received that nobody was told of.
  [[nodiscard]] bool any() const noexcept { return !found_.empty(); }
  [[nodiscard]] size_t found() const noexcept { return found_.size(); } ///< by so many receives

  /// Tells of it.
  void tell() noexcept;

private:
  static constexpr size_t receives_max = socket_batch::operations_max / 2;

  struct finding {
    descriptor_watcher* by; ///< null: it is gone
    ssize_t result;
  };

  receive_slots memory_{receives_max};
  boost::container::static_vector<descriptor_watcher*, receives_max> expected_;
  boost::container::static_vector<finding, receives_max> found_;
  std::array<socket_operation, socket_batch::operations_max> operations_;
};

} // namespace texlex
