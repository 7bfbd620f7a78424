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

namespace {

/// Whole pages in a file of their own that can still be sealed. Throws std::bad_alloc.
owned_fd memory_file(size_t bytes) {
  owned_fd made{::memfd_create("texlex", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!made.is_open() || ::ftruncate(made.get(), static_cast<off_t>(bytes)) != 0) throw std::bad_alloc{};
  return made;
}

/// Null: the system refuses.
uint8_t* map_file(const owned_fd& file, size_t bytes, int protection) noexcept {
  void* const address = ::mmap(nullptr, bytes, protection, MAP_SHARED, file.get(), 0);
  return address == MAP_FAILED ? nullptr : static_cast<uint8_t*>(address);
}

/// What was passed has so many bytes, and will have them as long as it is mapped.
bool keeps_bytes(const owned_fd& passed, size_t bytes) noexcept {
  struct stat file {};
  if (bytes == 0 || ::fstat(passed.get(), &file) != 0 || static_cast<uint64_t>(file.st_size) < bytes) return false;
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

} // namespace

shared_memory::shared_memory(size_t bytes) : bytes_(round_up(bytes, page_bytes())), number_(next_number()) {
  fd_ = memory_file(bytes_);
  data_ = map_file(fd_, bytes_, PROT_READ | PROT_WRITE);
  if (data_ == nullptr) throw std::bad_alloc{};
  // The last seal forbids every way to write but the mapping that is there already, so a reader gone wrong can spoil
  // neither another reader's document nor the next one.
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) return;
  ::munmap(data_, bytes_);
  throw std::bad_alloc{};
}

std::optional<shared_view> shared_view::map(const owned_fd& passed, size_t bytes) noexcept {
  const uint8_t* const data = keeps_bytes(passed, bytes) ? map_file(passed, bytes, PROT_READ) : nullptr;
  if (data == nullptr) return std::nullopt;
  return shared_view{{data, bytes}};
}

namespace {

bool is_in_memory(int fd) noexcept {
  struct statfs system {};
  return ::fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC; // huge pages have a file system of their own
}

} // namespace

// The seals come first: from then on what is seen of the file stays so. Pages that were never written would be made by
// whoever reads them first, us, and stay as long as the stranger keeps the file.
std::optional<shared_view> shared_view::map_unchanging(const owned_fd& passed, size_t bytes) {
  constexpr int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  if (seals < 0 || (seals & needed) != needed || !is_in_memory(passed.get())) return std::nullopt;
  if (bytes == 0) return shared_view{{}};
  const off_t written = ::lseek(passed.get(), 0, SEEK_HOLE);
  if (written < 0 || static_cast<uint64_t>(written) < bytes) return std::nullopt;
  const uint8_t* const data = map_file(passed, bytes, PROT_READ);
  if (data == nullptr) throw std::bad_alloc{};
  return shared_view{{data, bytes}};
}

common_memory::common_memory(size_t bytes) : bytes_(round_up(bytes, page_bytes())), number_(next_number()) {
  fd_ = memory_file(bytes_);
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) throw std::bad_alloc{};
  data_ = map_file(fd_, bytes_, PROT_READ | PROT_WRITE);
  if (data_ == nullptr) throw std::bad_alloc{};
}

std::optional<common_memory> common_memory::map(const owned_fd& passed, size_t bytes) noexcept {
  uint8_t* const data = keeps_bytes(passed, bytes) ? map_file(passed, bytes, PROT_READ | PROT_WRITE) : nullptr;
  if (data == nullptr) return std::nullopt;
  return common_memory{data, bytes};
}

#else

common_memory::common_memory(size_t bytes) : bytes_(bytes) { throw std::bad_alloc{}; }

std::optional<common_memory> common_memory::map(const owned_fd&, size_t) noexcept { return std::nullopt; }

shared_memory::shared_memory(size_t bytes) : bytes_(bytes), number_(next_number()) { throw std::bad_alloc{}; }

std::optional<shared_view> shared_view::map(const owned_fd&, size_t) noexcept { return std::nullopt; }

std::optional<shared_view> shared_view::map_unchanging(const owned_fd&, size_t) { return std::nullopt; }

#endif

common_memory::~common_memory() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
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
