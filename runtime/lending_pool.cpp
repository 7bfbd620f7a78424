#include "runtime/lending_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

namespace texlex {
namespace {

constexpr size_t kept_blocks_max = 2;  // an answer that is read while the next one is written
constexpr size_t spare_factor_max = 4; // of a block that is used again: so much longer than asked for

} // namespace

struct lending_pool::shelf {
  struct block {
    std::unique_ptr<document_buffer> memory;
    quota_share file;
    std::optional<quota_share> kept{};
  };

  shelf(const lending_quotas& all, uint64_t bytes_max, uint64_t files_max, document_memory kind)
    : memory(kind), bytes(std::make_shared<quota>(bytes_max, all.bytes)),
      files(std::make_shared<quota>(files_max, all.files)), kept_bytes(all.kept_bytes) {}

  const document_memory memory;
  const std::shared_ptr<quota> bytes;
  const std::shared_ptr<quota> files;
  const std::shared_ptr<quota> kept_bytes;
  std::atomic<uint64_t> lent = 0;
  // Held for a push or a pop, by the worker that begins an answer and by whoever ends one.
  std::mutex mutex;
  std::array<std::optional<block>, kept_blocks_max> kept;

  std::optional<block> pop(size_t wanted) noexcept {
    const std::lock_guard guard{mutex};
    for (auto& each : kept) {
      const size_t capacity = each ? each->memory->capacity() : 0;
      if (capacity < wanted || capacity / spare_factor_max > wanted) continue;
      auto found = std::exchange(each, std::nullopt);
      found->kept.reset();
      return found;
    }
    return std::nullopt;
  }

  /// Throws std::bad_alloc.
  std::optional<block> make(size_t wanted) {
    block made{.memory = nullptr, .file = {files, 1}};
    if (!made.file.held()) return std::nullopt;
    made.memory = std::make_unique<document_buffer>(std::bit_ceil(wanted), memory);
    return made;
  }

  // Where there is no room the oldest stays: it is as warm.
  void push(block back) noexcept {
    back.kept.emplace(kept_bytes, back.memory->capacity());
    if (!back.kept->held()) return;
    const std::lock_guard guard{mutex};
    const auto room = std::find(kept.begin(), kept.end(), std::nullopt);
    if (room != kept.end()) *room = std::move(back);
  }
};

lending_pool::lending_pool(const lending_quotas& all, uint64_t bytes_max, uint64_t files_max, document_memory memory)
  : shelf_(std::make_shared<shelf>(all, bytes_max, files_max, memory)) {}

document_lease lending_pool::take(size_t bytes) noexcept {
  try {
    struct loan {
      std::shared_ptr<shelf> from;
      quota_share bytes;
      std::optional<shelf::block> block{};
      loan(std::shared_ptr<shelf> lender, size_t amount) noexcept
        : from(std::move(lender)), bytes(from->bytes, amount) {}
      loan(const loan&) = delete;
      loan& operator=(const loan&) = delete;
      ~loan() {
        if (!block) return;
        from->lent.fetch_sub(1, std::memory_order_relaxed);
        from->push(std::move(*block));
      }
    };
    const auto lent = std::make_shared<loan>(shelf_, bytes);
    if (!lent->bytes.held()) return nullptr;
    auto block = shelf_->pop(bytes);
    if (!block) block = shelf_->make(bytes);
    if (!block) return nullptr;
    lent->block = std::move(block);
    shelf_->lent.fetch_add(1, std::memory_order_relaxed);
    return {lent, lent->block->memory.get()};
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void lending_pool::forget_kept() noexcept {
  std::array<std::optional<shelf::block>, kept_blocks_max> gone;
  const std::lock_guard guard{shelf_->mutex};
  std::swap(gone, shelf_->kept);
}

uint64_t lending_pool::lent() const noexcept { return shelf_->lent.load(std::memory_order_relaxed); }

} // namespace texlex
