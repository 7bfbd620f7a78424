#include "clients/cpp/mapping.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace texlex::client_core {
namespace {

bool has_seals(int descriptor, int wanted) noexcept {
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  return seals >= 0 && (seals & wanted) == wanted;
}

bool has_bytes(int descriptor, uint64_t bytes) noexcept {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 && about.st_size >= 0 && static_cast<uint64_t>(about.st_size) >= bytes;
}

std::span<const uint8_t> map(int descriptor, uint64_t bytes) noexcept {
  void* const memory = ::mmap(nullptr, static_cast<size_t>(bytes), PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return {};
  return {static_cast<const uint8_t*>(memory), static_cast<size_t>(bytes)};
}

void unmap(std::span<const uint8_t> bytes) noexcept { ::munmap(const_cast<uint8_t*>(bytes.data()), bytes.size()); }

} // namespace

void release_queue::add(uint64_t id) noexcept {
  try {
    const std::scoped_lock lock{mutex_};
    ids_.push_back(id);
  } catch (const std::bad_alloc&) { // the server has it back when the connection ends
  }
}

std::vector<uint64_t> release_queue::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(ids_, {});
}

std::variant<mapped_memory, std::string> map_columns(const owned_fd& descriptor, uint64_t bytes,
                                                     std::shared_ptr<release_queue> releases, uint64_t id) {
  // Its end releases, also where mapping fails.
  struct lent {
    std::span<const uint8_t> bytes;
    std::shared_ptr<release_queue> releases;
    uint64_t id;

    lent(std::shared_ptr<release_queue> queue, uint64_t response) noexcept : releases(std::move(queue)), id(response) {}
    lent(const lent&) = delete;
    lent& operator=(const lent&) = delete;
    ~lent() {
      if (!bytes.empty()) unmap(bytes);
      releases->add(id);
    }
  };
  const auto memory = std::make_shared<lent>(std::move(releases), id);
  if (bytes == 0) return "its descriptor has no bytes";
  if (!has_seals(descriptor.get(), F_SEAL_SHRINK | F_SEAL_GROW)) return "its descriptor is no sealed memory";
  if (!has_bytes(descriptor.get(), bytes)) return "its descriptor is shorter than told";
  memory->bytes = map(descriptor.get(), bytes);
  if (memory->bytes.empty()) throw std::bad_alloc{};
  return mapped_memory{memory, memory->bytes};
}

std::optional<mapped_memory> map_document(int descriptor, size_t bytes) {
  if (!has_seals(descriptor, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) || !has_bytes(descriptor, bytes))
    return std::nullopt;
  if (bytes == 0) return mapped_memory{};
  const auto mapped = map(descriptor, bytes);
  if (mapped.empty()) throw std::bad_alloc{};
  struct owner {
    std::span<const uint8_t> bytes;
    explicit owner(std::span<const uint8_t> mapping) noexcept : bytes(mapping) {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner() { unmap(bytes); }
  };
  return mapped_memory{std::make_shared<owner>(mapped), mapped};
}

owned_fd seal_document(std::span<const uint8_t> document) noexcept {
  owned_fd made{::memfd_create("texlex document", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!made.is_open()) return made;
  for (std::span<const uint8_t> rest = document; !rest.empty();) {
    const ssize_t count = ::write(made.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return owned_fd{};
    rest = rest.subspan(static_cast<size_t>(count));
  }
  if (::fcntl(made.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return owned_fd{};
  return made;
}

} // namespace texlex::client_core
