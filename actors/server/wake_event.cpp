#include "actors/server/wake_event.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "actors/state/invariant.hpp"

namespace texlex {
namespace {

int made_eventfd() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
  return fd;
}

} // namespace

wake_event::wake_event(boost::asio::io_context& io) : event_(io, made_eventfd()) {}

void wake_event::wake() noexcept {
  if (woken_.exchange(true)) return;
  const uint64_t one = 1;
  const ssize_t written = ::write(event_.native_handle(), &one, sizeof one);
  require(written == sizeof one, "an eventfd that is read after each write takes the next one");
}

// The number is read in `take` and not as this ends: what the wake is about goes first.
void wake_event::listen() {
  event_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& error) { heard_ = !error; });
}

bool wake_event::take() {
  if (!heard_) return false;
  heard_ = false;
  uint64_t wakes = 0;
  const ssize_t count = ::read(event_.native_handle(), &wakes, sizeof wakes);
  require(count == sizeof wakes, "an eventfd that is readable has a number");
  woken_.exchange(false); // after the read: else this would take a later wake's number, and the next one fail
  listen();
  return true;
}

} // namespace texlex
