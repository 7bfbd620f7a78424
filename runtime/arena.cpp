#include "runtime/arena.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

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

size_t region_bytes(const arena_options& options) {
  return round_up(used_bytes(options.document_bytes_max), page_bytes());
}

arena_region region_for(const arena_options& options) {
  const size_t bytes = region_bytes(options);
  const size_t resident = std::min<size_t>(bytes, round_up(options.resident_bytes, page_bytes()));
  return options.stock ? options.stock->take(bytes, resident, options.lock)
                       : arena_region{bytes, resident, options.lock};
}

} // namespace

uint64_t arena_mapped_bytes(const arena_options& options) noexcept {
  return arena_region::mapped_bytes(region_bytes(options));
}

arena::arena(const arena_options& options)
  : document_bytes_max_(options.document_bytes_max), stock_(options.stock), region_(region_for(options)) {}

arena::~arena() {
  if (!stock_) return;
  trim();
  stock_->put(std::move(region_));
}

std::optional<token_columns> arena::columns_for(uint64_t document_bytes) noexcept {
  if (document_bytes > document_bytes_max_) return std::nullopt;
  const size_t tokens = tokens_max(document_bytes);
  used_bytes_ = std::max(used_bytes_, used_bytes(document_bytes));
  std::byte* const begin = region_.begin();
  auto* const issues = reinterpret_cast<issue*>(begin);
  auto* const starts = reinterpret_cast<uint32_t*>(begin + issues_bytes);
  auto* const kinds = reinterpret_cast<token_kind*>(begin + issues_bytes + starts_bytes(document_bytes));
  return token_columns{{kinds, tokens}, {starts, tokens}, {issues, limits::issues_kept_max}};
}

bool arena::trim() noexcept {
  const size_t used = std::exchange(used_bytes_, 0);
  if (used <= region_.resident_bytes()) return false;
  region_.trim();
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
