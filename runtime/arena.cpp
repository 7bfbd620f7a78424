#include "runtime/arena.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <utility>

#include <sys/mman.h>

#include "runtime/limits.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

// A document of n bytes has at most n + 1 tokens (kernels/scan.hpp, tokens_max).
constexpr uint64_t tokens_max(uint64_t document_bytes) { return document_bytes + 1; }

constexpr size_t issues_bytes = limits::issues_kept_max * sizeof(issue);

// Kinds follow the starts at a multiple of this, so that vector stores to either begin a cache line.
constexpr size_t column_alignment = 64;

static_assert(sizeof(token_kind) + sizeof(uint32_t) == limits::token_bytes);
static_assert(issues_bytes % column_alignment == 0);

size_t starts_bytes(uint64_t document_bytes) {
  return round_up(tokens_max(document_bytes) * sizeof(uint32_t), column_alignment);
}

size_t used_bytes(uint64_t document_bytes) {
  return issues_bytes + starts_bytes(document_bytes) + tokens_max(document_bytes) * sizeof(token_kind);
}

} // namespace

// A huge page more than its region, so that this can begin where a huge page does.
uint64_t arena_mapped_bytes(const arena_options& options) noexcept {
  return round_up(used_bytes(options.document_bytes_max), page_bytes()) + huge_page_bytes;
}

arena::arena(const arena_options& options)
  : document_bytes_max_(options.document_bytes_max),
    region_bytes_(round_up(used_bytes(document_bytes_max_), page_bytes())),
    resident_bytes_(std::min(region_bytes_, round_up(options.resident_bytes, page_bytes()))) {
  mapped_bytes_ = arena_mapped_bytes(options);
  mapped_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped_ == MAP_FAILED) throw std::bad_alloc{};
  const auto address = reinterpret_cast<uintptr_t>(mapped_);
  region_ = static_cast<std::byte*>(mapped_) + (round_up(address, huge_page_bytes) - address);
  prefer_huge_pages(region_, resident_bytes_);
  fault_in(region_, resident_bytes_);
  locked_ = options.lock && lock_memory(region_, resident_bytes_);
}

arena::~arena() { munmap(mapped_, mapped_bytes_); }

std::optional<token_columns> arena::columns_for(uint64_t document_bytes) noexcept {
  if (document_bytes > document_bytes_max_) return std::nullopt;
  const size_t tokens = tokens_max(document_bytes);
  used_bytes_ = std::max(used_bytes_, used_bytes(document_bytes));
  auto* const issues = reinterpret_cast<issue*>(region_);
  auto* const starts = reinterpret_cast<uint32_t*>(region_ + issues_bytes);
  auto* const kinds = reinterpret_cast<token_kind*>(region_ + issues_bytes + starts_bytes(document_bytes));
  return token_columns{{kinds, tokens}, {starts, tokens}, {issues, limits::issues_kept_max}};
}

bool arena::trim() noexcept {
  const size_t used = std::exchange(used_bytes_, 0);
  if (used <= resident_bytes_) return false;
  give_back(region_ + resident_bytes_, region_bytes_ - resident_bytes_);
  return true;
}

// Shared by the pair and its leases, so that a lease given back after the pair is gone still finds its arena.
struct arena_lease::slots {
  explicit slots(const arena_options& options) : arenas{arena{options}, arena{options}} {}

  std::array<arena, 2> arenas;
  std::array<std::atomic<bool>, 2> leased{};
  std::atomic<uint64_t> bytes_handed_out = 0;
  std::atomic<uint64_t> trims = 0;
};

arena_lease& arena_lease::operator=(arena_lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  owner_ = std::move(other.owner_);
  index_ = other.index_;
  return *this;
}

arena_lease::~arena_lease() { give_back(); }

// Trims on the thread that gives back: memory nobody needs should not stay until this arena's next turn.
void arena_lease::give_back() noexcept {
  if (!owner_) return;
  if (owner_->arenas[index_].trim()) owner_->trims.fetch_add(1, std::memory_order_relaxed);
  owner_->leased[index_].store(false, std::memory_order_release); // after it another thread may write the arena
  owner_.reset();
}

std::optional<token_columns> arena_lease::columns_for(uint64_t document_bytes) noexcept {
  const auto columns = owner_->arenas[index_].columns_for(document_bytes);
  if (columns)
    owner_->bytes_handed_out.fetch_add(columns->kinds.size() * limits::token_bytes, std::memory_order_relaxed);
  return columns;
}

arena_pair::arena_pair(const arena_options& options) : slots_(std::make_shared<arena_lease::slots>(options)) {}

std::optional<arena_lease> arena_pair::take() noexcept {
  for (size_t i = 0; i < slots_->arenas.size(); ++i)
    if (!slots_->leased[i].exchange(true, std::memory_order_acquire)) return arena_lease{slots_, i};
  return std::nullopt;
}

arena_usage arena_pair::usage() const noexcept {
  return {slots_->bytes_handed_out.load(std::memory_order_relaxed), slots_->trims.load(std::memory_order_relaxed)};
}

uint64_t arena_pair::resident_bytes() const noexcept {
  uint64_t bytes = 0;
  for (const arena& a : slots_->arenas) bytes += a.resident_bytes();
  return bytes;
}

bool arena_pair::locked() const noexcept { return slots_->arenas[0].locked() && slots_->arenas[1].locked(); }

} // namespace texlex
