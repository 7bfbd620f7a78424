#include "runtime/standard_streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace texlex {
namespace {

constexpr size_t last_words_bytes_max = 511; // with its newline no more than any pipe takes in one piece

[[noreturn]] void end_uncaught() {
  std::array<char, last_words_bytes_max> text{};
  size_t bytes = 0;
  const auto add = [&](const char* part) {
    const size_t fits = std::min(std::strlen(part), text.size() - bytes);
    std::memcpy(text.data() + bytes, part, fits);
    bytes += fits;
  };
  add("uncaught exception: ");
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
    add("none");
  } catch (const std::exception& error) {
    add(error.what());
  } catch (...) {
    add("of unknown type");
  }
  last_words({text.data(), bytes});
  std::abort();
}

} // namespace

void open_missing_standard_streams(missing_stream as) noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    const int the_wrong_way_round = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    const int how = as == missing_stream::fails ? the_wrong_way_round : O_RDWR;
    [[maybe_unused]] const int opened = ::open("/dev/null", how); // the lowest number that is free: this one
  }
}

void last_words(std::string_view line) noexcept {
  std::array<char, last_words_bytes_max + 1> text{};
  const size_t bytes = std::min(line.size(), last_words_bytes_max);
  std::memcpy(text.data(), line.data(), bytes);
  text[bytes] = '\n';
  pollfd taken_at_once{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&taken_at_once, 1, 0) != 1 || (taken_at_once.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, text.data(), bytes + 1);
}

void end_on_uncaught_exceptions() noexcept { std::set_terminate(end_uncaught); }

} // namespace texlex
