// How other threads wake the I/O thread. A post would do, but Asio holds a lock while it wakes, which the woken thread
// needs first: it runs into it, sleeps again, and is woken twice. Here a waker writes to an eventfd and holds nothing.
#pragma once

#include <atomic>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace texlex {

class wake_event {
public:
  /// Throws `std::system_error` if the process has no file left.
  explicit wake_event(boost::asio::io_context& io);

  /// Has the loop run a handler soon; from any thread.
  void wake() noexcept;

  /// From now on a wake is heard. On the loop's thread, like `take`.
  void listen();

  /// Whether there was a wake since the last call. What was done before it is visible after this call, and is to be
  /// looked for only then.
  bool take();

private:
  boost::asio::posix::stream_descriptor event_;
  std::atomic<bool> woken_ = false; ///< so that wakes the loop has not taken yet cost one call together
  bool heard_ = false;
};

} // namespace texlex
