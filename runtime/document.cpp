#include "runtime/document.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <utility>

#include "runtime/frame.hpp"
#include "runtime/limits.hpp"
#include "runtime/memory.hpp"
#include "runtime/memory_reserve.hpp"

namespace texlex {
namespace {

/// Smaller documents share one size class: a page is what the allocator would take anyway.
constexpr size_t smallest_block_bytes = 4096;
constexpr size_t size_class_count = 64;

size_t capacity_for(size_t bytes) { return std::bit_ceil(std::max(bytes, smallest_block_bytes)); }

size_t size_class_of(size_t capacity) { return static_cast<size_t>(std::bit_width(capacity - 1)); }

} // namespace

uint64_t shared_document_bytes(uint64_t document_bytes) noexcept {
  return round_up(sizeof(shared_document_header) + capacity_for(document_bytes + document_length_bytes), page_bytes());
}

document_buffer::document_buffer(size_t capacity, document_memory memory) : capacity_(capacity) {
  const memory_reserve::untouched no_reserve_for_documents;
  if (memory == document_memory::own) {
    own_ = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    data_ = own_.get();
    return;
  }
  if (memory == document_memory::common) {
    common_ = std::make_unique<common_memory>(capacity);
    data_ = common_->data();
    return;
  }
  shared_ = std::make_unique<shared_memory>(sizeof(shared_document_header) + capacity);
  header_ = new (shared_->data()) shared_document_header; // lives as long as its memory; has nothing to destroy
  data_ = shared_->data() + sizeof(shared_document_header);
}

// Behind a shared pointer, so that a lease given back after the pool is gone still finds a place to go. Blocks that are
// kept hang on each other: giving back takes no memory, as it happens in a destructor and where there may be none.
struct document_pool::shelf {
  // Held for a push or a pop. Two threads meet here only at the end of a request.
  std::mutex mutex;
  std::array<std::unique_ptr<document_buffer>, size_class_count> free; ///< the latest of each class
  size_t kept_bytes = 0;
  size_t kept_blocks = 0;
  size_t kept_bytes_max = 0;
  size_t shared_kept_max = 0;
  std::shared_ptr<quota> leased_bytes; ///< null: nobody counts them
  document_memory memory = document_memory::own;

  std::unique_ptr<document_buffer> pop(size_t capacity) {
    std::lock_guard guard{mutex};
    auto& latest = free[size_class_of(capacity)];
    if (!latest) return nullptr;
    auto block = std::exchange(latest, std::move(latest->behind_));
    kept_bytes -= capacity;
    --kept_blocks;
    return block;
  }

  std::unique_ptr<document_buffer> pop_or_make(size_t bytes) {
    const size_t capacity = capacity_for(bytes);
    auto block = pop(capacity);
    return block ? std::move(block) : std::make_unique<document_buffer>(capacity, memory);
  }

  void push(std::unique_ptr<document_buffer> block) noexcept {
    std::lock_guard guard{mutex};
    if (kept_bytes + block->capacity() > kept_bytes_max) return;
    if (memory != document_memory::own && kept_blocks >= shared_kept_max) return;
    kept_bytes += block->capacity();
    ++kept_blocks;
    auto& latest = free[size_class_of(block->capacity())];
    block->behind_ = std::move(latest);
    latest = std::move(block);
  }

  // One by one: each block that ended the one behind it would go as deep as there are blocks.
  ~shelf() {
    for (auto& latest : free)
      while (latest) latest = std::move(latest->behind_);
  }
};

document_pool::document_pool(size_t kept_bytes_max, document_memory memory, size_t shared_kept_max)
  : shelf_(std::make_shared<shelf>()) {
  shelf_->shared_kept_max = shared_kept_max;
  shelf_->kept_bytes_max = kept_bytes_max;
  shelf_->memory = memory;
}

document_pool::document_pool(size_t kept_bytes_max, std::shared_ptr<quota> leased_bytes)
  : document_pool(kept_bytes_max) {
  shelf_->leased_bytes = std::move(leased_bytes);
}

document_lease document_pool::take(size_t bytes) {
  if (shelf_->leased_bytes) return take_counted(bytes);
  return {shelf_->pop_or_make(bytes).release(),
          [shelf = shelf_](document_buffer* used) { shelf->push(std::unique_ptr<document_buffer>{used}); }};
}

// The share is given back with the block, or at once if there is none.
document_lease document_pool::take_counted(size_t bytes) {
  const auto share = std::make_shared<const quota_share>(shelf_->leased_bytes, bytes);
  if (!share->held()) throw std::bad_alloc{};
  return {shelf_->pop_or_make(bytes).release(),
          [shelf = shelf_, share](document_buffer* used) { shelf->push(std::unique_ptr<document_buffer>{used}); }};
}

size_t document_pool::kept_bytes() const {
  std::lock_guard guard{shelf_->mutex};
  return shelf_->kept_bytes;
}

} // namespace texlex
