#include "runtime/arena_region.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <sys/mman.h>

#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

void* reserved(size_t bytes) {
  void* const address =
    mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) throw std::bad_alloc{};
  return address;
}

} // namespace

void arena_region::unmap::operator()(void* address) const noexcept { munmap(address, bytes); }

// A huge page more than the region, so that this can begin where a huge page does.
size_t arena_region::mapped_bytes(size_t bytes) noexcept { return bytes + huge_page_bytes; }

arena_region::arena_region(size_t bytes, size_t resident_bytes, bool lock)
  : mapped_(reserved(mapped_bytes(bytes)), unmap{mapped_bytes(bytes)}), bytes_(bytes), resident_bytes_(resident_bytes),
    to_be_locked_(lock), node_(memory_node_of_this_thread()) {
  const auto address = reinterpret_cast<uintptr_t>(mapped_.get());
  begin_ = static_cast<std::byte*>(mapped_.get()) + (round_up(address, huge_page_bytes) - address);
  prefer_huge_pages(begin_, resident_bytes_);
  fault_in(begin_, resident_bytes_);
  locked_ = lock && lock_memory(begin_, resident_bytes_);
}

void arena_region::trim() noexcept { give_back(begin_ + resident_bytes_, bytes_ - resident_bytes_); }

arena_region arena_stock::take(size_t bytes, size_t resident_bytes, bool lock) {
  if (auto found = find(bytes, resident_bytes, lock)) return std::move(*found);
  try {
    return {bytes, resident_bytes, lock};
  } catch (const std::bad_alloc&) {
    if (!give_all_back()) throw;
  }
  return {bytes, resident_bytes, lock};
}

bool arena_stock::give_all_back() noexcept {
  decltype(spare_) given_back; // unmapped after the lock
  const std::lock_guard guard{mutex_};
  std::swap(given_back, spare_);
  return std::ranges::any_of(given_back, [](const auto& one) { return one.has_value(); });
}

std::optional<arena_region> arena_stock::find(size_t bytes, size_t resident_bytes, bool lock) noexcept {
  const unsigned node = memory_node_of_this_thread();
  const std::lock_guard guard{mutex_};
  for (auto& spare : spare_)
    if (spare && spare->bytes_ == bytes && spare->resident_bytes_ == resident_bytes && spare->to_be_locked_ == lock
        && spare->node_ == node)
      return std::exchange(spare, std::nullopt);
  return std::nullopt;
}

void arena_stock::put(arena_region&& region) noexcept {
  std::optional<arena_region> left_over{std::move(region)}; // unmapped after the lock is given back
  const std::lock_guard guard{mutex_};
  for (auto& spare : spare_)
    if (!spare) return spare.swap(left_over);
}

size_t arena_stock::size() const noexcept {
  const std::lock_guard guard{mutex_};
  size_t count = 0;
  for (const auto& spare : spare_) count += spare.has_value();
  return count;
}

} // namespace texlex
