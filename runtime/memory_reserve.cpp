#include "runtime/memory_reserve.hpp"

#include <array>
#include <atomic>
#include <new>

#include <sys/mman.h>

namespace texlex::memory_reserve {
namespace {

std::array<std::atomic<void*>, blocks> kept{};
std::atomic<size_t> missing = 0;
std::atomic<bool> installed = false;
thread_local bool off_limits = false;

// What `new` calls when it finds nothing: it tries again when this returns.
void give_back_one() {
  if (!off_limits)
    for (auto& each : kept)
      if (void* const block = each.exchange(nullptr)) {
        missing.fetch_add(1);
        ::munmap(block, block_bytes);
        return;
      }
  throw std::bad_alloc{};
}

} // namespace

void install() noexcept {
  if (installed.exchange(true)) return;
  missing = blocks;
  std::set_new_handler(give_back_one);
}

// Not by the allocator, which would keep to itself what it is given back.
bool fill() noexcept {
  if (whole()) return true;
  for (auto& each : kept) {
    if (each.load() != nullptr) continue;
    void* const block = ::mmap(nullptr, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return false;
    void* none = nullptr;
    if (each.compare_exchange_strong(none, block))
      missing.fetch_sub(1);
    else
      ::munmap(block, block_bytes);
  }
  return whole();
}

bool whole() noexcept { return missing.load(std::memory_order_relaxed) == 0; }

untouched::untouched() noexcept : before_(off_limits) { off_limits = true; }
untouched::~untouched() { off_limits = before_; }

} // namespace texlex::memory_reserve
