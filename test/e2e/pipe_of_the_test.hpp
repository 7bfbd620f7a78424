// A pipe that a test gives to texlexd and reads when it likes, or never.
#pragma once

#include <array>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "runtime/socket.hpp"

namespace texlex::test {

class pipe_of_the_test {
public:
  /// Of one page.
  pipe_of_the_test() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
    read_ = owned_fd{ends[0]};
    write_ = owned_fd{ends[1]};
    ::fcntl(write_.get(), F_SETPIPE_SZ, 4096);
  }

  /// To be given away.
  [[nodiscard]] int end() const noexcept { return write_.get(); }
  void close_read_end() noexcept { read_.close(); }

  /// Nothing can be written into it until it is read.
  void fill() {
    ::fcntl(write_.get(), F_SETFL, O_NONBLOCK);
    while (::write(write_.get(), "x", 1) == 1) {
    }
    ::fcntl(write_.get(), F_SETFL, 0);
  }

  /// Reads until `wanted` has come by, or nothing has for some seconds. All that was read.
  std::string read_until(const std::string& wanted) {
    constexpr int patience_ms = 5000;
    std::string text;
    std::array<char, 4096> room{};
    pollfd readable{.fd = read_.get(), .events = POLLIN, .revents = 0};
    while (text.find(wanted) == std::string::npos && ::poll(&readable, 1, patience_ms) == 1) {
      const ssize_t got = ::read(read_.get(), room.data(), room.size());
      if (got <= 0) break;
      text.append(room.data(), static_cast<size_t>(got));
    }
    return text;
  }

private:
  owned_fd read_, write_;
};

} // namespace texlex::test
