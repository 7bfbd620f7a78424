#include "clients/cli/output.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace texlex::cli {
namespace {

int first_error = 0; ///< of writing to standard output

void remember(std::FILE* out, int error) noexcept {
  if (out == stdout && first_error == 0) first_error = error == 0 ? EIO : error;
}

} // namespace

void prepare_standard_streams() noexcept {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Opened the wrong way round, so that reading or writing it is an error.
    (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

bool write(std::FILE* out, std::string_view text) noexcept {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), out) == text.size()) return true;
  remember(out, errno);
  return false;
}

bool finish_output() noexcept {
  errno = 0;
  if (std::fflush(stdout) != 0) remember(stdout, errno);
  if (std::ferror(stdout) != 0) remember(stdout, errno);
  if (first_error == 0) return true;
  (void)std::fputs("texlex: cannot write to standard output: ", stderr);
  (void)std::fputs(std::strerror(first_error), stderr);
  (void)std::fputc('\n', stderr);
  return false;
}

// Without memory for a line put together: it may be the lack of memory that is complained of.
void complain(std::string_view sentence) noexcept {
  (void)write(stderr, "texlex: ");
  (void)write(stderr, sentence);
  (void)write(stderr, "\n");
}

} // namespace texlex::cli
