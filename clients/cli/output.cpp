#include "clients/cli/output.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include "clients/cli/escaped_text.hpp"
#include "runtime/standard_streams.hpp"

namespace texlex::cli {
namespace {

int first_error = 0; ///< of writing to standard output

void remember(std::FILE* out, int error) noexcept {
  if (out == stdout && first_error == 0) first_error = error == 0 ? EIO : error;
}

// What cannot stand in a line, as it may come from a file's name, becomes question marks: names that are to be told
// exactly are escaped by whoever puts the sentence together.
void write_shown(std::string_view text) noexcept {
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const auto [bytes, printable] = look_at(text, at);
    if (!printable) {
      (void)write(stderr, text.substr(begin, at - begin));
      (void)write(stderr, "?");
      begin = at + bytes;
    }
    at += bytes;
  }
  (void)write(stderr, text.substr(begin));
}

} // namespace

void prepare_standard_streams() noexcept {
  open_missing_standard_streams(missing_stream::fails);
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
  write_shown(sentence);
  (void)write(stderr, "\n");
}

} // namespace texlex::cli
