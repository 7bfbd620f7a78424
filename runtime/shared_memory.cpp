#include "runtime/shared_memory.hpp"

#include <atomic>
#include <new>
#include <utility>

#include <sys/mman.h>
#ifdef __linux__
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#endif

#include "runtime/memory.hpp"

namespace texlex {
namespace {

uint64_t next_number() noexcept {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

} // namespace

#ifdef __linux__

shared_memory::shared_memory(size_t bytes) : bytes_(round_up(bytes, page_bytes())), number_(next_number()) {
  fd_ = owned_fd{::memfd_create("texlex", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!fd_.is_open() || ::ftruncate(fd_.get(), static_cast<off_t>(bytes_)) != 0) throw std::bad_alloc{};
  void* const address = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (address == MAP_FAILED) throw std::bad_alloc{};
  data_ = static_cast<uint8_t*>(address);
  // The last seal forbids every way to write but the mapping that is there already, so a reader gone wrong can spoil
  // neither another reader's document nor the next one.
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) return;
  ::munmap(data_, bytes_);
  throw std::bad_alloc{};
}

std::optional<shared_view> shared_view::map(const owned_fd& passed, size_t bytes) noexcept {
  struct stat file {};
  if (bytes == 0 || ::fstat(passed.get(), &file) != 0 || static_cast<uint64_t>(file.st_size) < bytes)
    return std::nullopt;
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return std::nullopt;
  void* const address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, passed.get(), 0);
  if (address == MAP_FAILED) return std::nullopt;
  return shared_view{{static_cast<const uint8_t*>(address), bytes}};
}

namespace {

bool is_in_memory(int fd) noexcept {
  struct statfs system {};
  return ::fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC; // huge pages have a file system of their own
}

} // namespace

// The seals come first: from then on what is seen of the file stays so. Pages that were never written would be made by
// whoever reads them first, us, and stay as long as the stranger keeps the file.
std::optional<shared_view> shared_view::map_unchanging(const owned_fd& passed, size_t bytes) noexcept {
  constexpr int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  if (seals < 0 || (seals & needed) != needed || !is_in_memory(passed.get())) return std::nullopt;
  if (bytes == 0) return shared_view{{}};
  const off_t written = ::lseek(passed.get(), 0, SEEK_HOLE);
  if (written < 0 || static_cast<uint64_t>(written) < bytes) return std::nullopt;
  void* const address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, passed.get(), 0);
  if (address == MAP_FAILED) return std::nullopt;
  return shared_view{{static_cast<const uint8_t*>(address), bytes}};
}

shared_page::shared_page() : fd_(::memfd_create("texlex.page", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!fd_.is_open() || ::ftruncate(fd_.get(), static_cast<off_t>(page_bytes())) != 0) throw std::bad_alloc{};
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) throw std::bad_alloc{};
  void* const address = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (address == MAP_FAILED) throw std::bad_alloc{};
  data_ = address;
}

std::optional<shared_page> shared_page::map(const owned_fd& passed) noexcept {
  struct stat file {};
  if (::fstat(passed.get(), &file) != 0 || static_cast<uint64_t>(file.st_size) < page_bytes()) return std::nullopt;
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return std::nullopt;
  void* const address = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, passed.get(), 0);
  if (address == MAP_FAILED) return std::nullopt;
  return shared_page{address};
}

#else

shared_page::shared_page() { throw std::bad_alloc{}; }

std::optional<shared_page> shared_page::map(const owned_fd&) noexcept { return std::nullopt; }

shared_memory::shared_memory(size_t bytes) : bytes_(bytes), number_(next_number()) { throw std::bad_alloc{}; }

std::optional<shared_view> shared_view::map(const owned_fd&, size_t) noexcept { return std::nullopt; }

std::optional<shared_view> shared_view::map_unchanging(const owned_fd&, size_t) noexcept { return std::nullopt; }

#endif

shared_page::~shared_page() {
  if (data_ != nullptr) ::munmap(data_, page_bytes());
}

shared_memory::~shared_memory() { ::munmap(data_, bytes_); }

shared_view& shared_view::operator=(shared_view&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

shared_view::~shared_view() {
  if (!bytes_.empty()) ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

} // namespace texlex
