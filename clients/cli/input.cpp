#include "clients/cli/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/limits.hpp"

namespace texlex::cli {
namespace {

constexpr size_t first_block_bytes = 64u << 10;

struct file_closer {
  void operator()(const int* descriptor) const {
    if (*descriptor != STDIN_FILENO) close(*descriptor);
    delete descriptor;
  }
};

input failed(const std::string& path, const std::string& why) {
  return {{}, fmt::format("cannot read {}: {}", path == "-" ? "standard input" : path, why)};
}

// One byte more than a file's size, so that its end is seen without growing.
size_t expected_bytes(int descriptor) {
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0) return first_block_bytes;
  return static_cast<size_t>(std::min<uint64_t>(static_cast<uint64_t>(about.st_size), limits::scan_bytes_max)) + 1;
}

} // namespace

input read_input(const std::string& path) {
  const int opened = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return failed(path, std::strerror(errno));
  const std::unique_ptr<int, file_closer> descriptor{new int{opened}};

  input result;
  result.bytes.resize(expected_bytes(opened));
  size_t filled = 0;
  for (;;) {
    if (filled == result.bytes.size()) result.bytes.resize(filled * 2);
    const ssize_t got = read(opened, result.bytes.data() + filled, result.bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) { // a pipe whose other end has made it so
      pollfd waited_for{opened, POLLIN, 0};
      (void)poll(&waited_for, 1, -1);
      continue;
    }
    if (got < 0) return failed(path, std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (filled > limits::scan_bytes_max)
      return failed(path,
                    fmt::format("it is larger than {} bytes, the most a document may have", limits::scan_bytes_max));
  }
  result.bytes.resize(filled);
  return result;
}

} // namespace texlex::cli
