#include "clients/cli/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/cli/escaped_text.hpp"
#include "runtime/limits.hpp"
#include "runtime/memory.hpp"

namespace texlex::cli {
namespace {

constexpr size_t first_block_bytes = 64u << 10;
// So that whoever looks at a count of what is read sees it grow.
constexpr size_t read_bytes_max = 8u << 20;

} // namespace

std::string cannot_read(const std::string& path, const std::string& why) {
  return fmt::format("cannot read {}: {}", path == "-" ? "standard input" : escape_file_name(path), why);
}

std::variant<input_file, std::string> input_file::open(const std::string& path) {
  const int opened = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return cannot_read(path, std::strerror(errno));
  return input_file{opened};
}

input_file::input_file(input_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, STDIN_FILENO)) {}

input_file::~input_file() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

ssize_t input_file::read(std::span<uint8_t> into) const {
  for (;;) {
    const ssize_t got = ::read(descriptor_, into.data(), std::min(into.size(), read_bytes_max));
    if (got >= 0 || (errno != EINTR && errno != EAGAIN)) return got;
    if (errno == EINTR) continue;
    pollfd waited_for{descriptor_, POLLIN, 0}; // a pipe whose other end has made it so
    (void)poll(&waited_for, 1, -1);
  }
}

ssize_t input_file::read_all(std::span<uint8_t> into) const {
  size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t got = read(into.subspan(filled));
    if (got < 0) return got;
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(filled);
}

uint64_t input_file::size() const noexcept {
  struct stat about {};
  if (fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0) return 0;
  return static_cast<uint64_t>(about.st_size);
}

input read_rest(const input_file& file, const std::string& path, std::span<const uint8_t> beginning,
                std::atomic<uint64_t>* read_bytes) {
  input result;
  // One byte more than a file's size, so that its end is seen without growing.
  const uint64_t expected = std::min(file.size(), limits::scan_bytes_max) + 1;
  result.bytes.resize(std::max({static_cast<size_t>(expected), first_block_bytes, beginning.size() + 1}));
  prefer_huge_pages(result.bytes.data(), result.bytes.size());
  std::copy(beginning.begin(), beginning.end(), result.bytes.begin());
  size_t filled = beginning.size();
  for (;;) {
    if (filled == result.bytes.size()) result.bytes.resize(filled * 2);
    const ssize_t got = file.read(std::span{result.bytes}.subspan(filled));
    if (got < 0) return {{}, cannot_read(path, std::strerror(errno))};
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (read_bytes != nullptr) *read_bytes += static_cast<uint64_t>(got);
    if (filled > limits::scan_bytes_max)
      return {{},
              cannot_read(
                path, fmt::format("it is larger than {} bytes, the most a document may have", limits::scan_bytes_max))};
  }
  result.bytes.resize(filled);
  return result;
}

input read_input(const std::string& path) {
  const auto opened = input_file::open(path);
  if (const auto* error = std::get_if<std::string>(&opened)) return {{}, *error};
  return read_rest(std::get<input_file>(opened), path, {});
}

} // namespace texlex::cli
