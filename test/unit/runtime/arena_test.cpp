// One attempt's memory, and two that take turns.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/arena.hpp"
#include "runtime/limits.hpp"
#include "runtime/memory.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(arena_test)

namespace {

constexpr uint64_t mb = uint64_t{1} << 20;

void fill(const token_columns& columns) {
  std::memset(columns.kinds.data(), 1, columns.kinds.size_bytes());
  std::memset(columns.starts.data(), 2, columns.starts.size_bytes());
}

bool apart(const void* a, size_t a_bytes, const void* b) {
  return static_cast<const std::byte*>(a) + a_bytes <= static_cast<const std::byte*>(b);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_document_gets_room_for_one_token_a_byte_and_one_more) {
  arena memory{{.document_bytes_max = 1000, .resident_bytes = 0}};
  for (const uint64_t bytes : {0u, 1u, 63u, 64u, 999u, 1000u}) {
    const auto columns = memory.columns_for(bytes);
    BOOST_REQUIRE(columns.has_value());
    BOOST_TEST(columns->kinds.size() == bytes + 1);
    BOOST_TEST(columns->starts.size() == bytes + 1);
    BOOST_TEST(columns->issues.size() == limits::issues_kept_max);
    BOOST_TEST(apart(columns->issues.data(), columns->issues.size_bytes(), columns->starts.data()));
    BOOST_TEST(apart(columns->starts.data(), columns->starts.size_bytes(), columns->kinds.data()));
    fill(*columns);
  }
}

BOOST_AUTO_TEST_CASE(a_longer_document_gets_nothing) {
  arena memory{{.document_bytes_max = 1000, .resident_bytes = 0}};
  BOOST_TEST(!memory.columns_for(1001).has_value());
  BOOST_TEST(!memory.columns_for(UINT64_MAX).has_value());
}

BOOST_AUTO_TEST_CASE(no_more_is_resident_than_there_is) {
  const arena memory{{.document_bytes_max = 1000, .resident_bytes = 64 * mb}};
  BOOST_TEST(memory.resident_bytes() == memory.region_bytes());
}

BOOST_AUTO_TEST_CASE(only_a_job_that_used_more_than_the_resident_part_is_trimmed) {
  arena memory{{.document_bytes_max = 4 * mb, .resident_bytes = 2 * mb}};
  fill(*memory.columns_for(100'000));
  BOOST_TEST(!memory.trim());
  fill(*memory.columns_for(4 * mb));
  BOOST_TEST(memory.trim());
  BOOST_TEST(!memory.trim());
}

BOOST_AUTO_TEST_CASE(what_is_trimmed_is_given_back_to_the_system) {
  arena memory{{.document_bytes_max = 32 * mb, .resident_bytes = 1 * mb}};
  const uint64_t before = resident_bytes().value_or(0);
  fill(*memory.columns_for(32 * mb));
  const uint64_t full = resident_bytes().value_or(0);
  BOOST_TEST(memory.trim());
  const uint64_t after = resident_bytes().value_or(0);
  BOOST_TEST(full >= before + 150 * mb);
  BOOST_TEST(after + 150 * mb <= full);
}

BOOST_AUTO_TEST_CASE(a_pair_lends_each_arena_once) {
  arena_pair pair{{.document_bytes_max = 1000, .resident_bytes = 0}};
  auto first = pair.take();
  auto second = pair.take();
  BOOST_REQUIRE((first && second));
  BOOST_TEST(!pair.take().has_value());
  BOOST_TEST((first->columns_for(10)->kinds.data() != second->columns_for(10)->kinds.data()));
  first.reset();
  BOOST_TEST(pair.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_lease_travels_and_is_given_back_once) {
  arena_pair pair{{.document_bytes_max = 1000, .resident_bytes = 0}};
  auto first = pair.take();
  auto second = pair.take();
  {
    arena_lease moved = std::move(*first);
    arena_lease again = std::move(moved);
    BOOST_TEST(!pair.take().has_value());
    again = std::move(*second); // gives the first one back
    auto third = pair.take();
    BOOST_TEST(third.has_value());
    BOOST_TEST(!pair.take().has_value());
  }
  BOOST_TEST(pair.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_pair_counts_what_it_hands_out_and_trims) {
  arena_pair pair{{.document_bytes_max = 4 * mb, .resident_bytes = 1 * mb}};
  BOOST_TEST(pair.take()->columns_for(99).has_value());
  BOOST_TEST(pair.usage().bytes_handed_out == 500u);
  BOOST_TEST(pair.usage().trims == 0u);
  BOOST_TEST(pair.take()->columns_for(4 * mb).has_value());
  BOOST_TEST(pair.usage().bytes_handed_out == 500u + 5 * (4 * mb + 1));
  BOOST_TEST(pair.usage().trims == 1u);
  BOOST_TEST(!pair.take()->columns_for(4 * mb + 1).has_value());
  BOOST_TEST(pair.usage().bytes_handed_out == 500u + 5 * (4 * mb + 1));
}

BOOST_AUTO_TEST_CASE(a_lease_may_outlive_its_pair) {
  std::optional<arena_lease> lease;
  {
    arena_pair pair{{.document_bytes_max = 1000, .resident_bytes = 0}};
    lease = pair.take();
  }
  fill(*lease->columns_for(1000));
}

BOOST_AUTO_TEST_CASE(leases_are_given_back_on_one_thread_and_taken_on_another) {
  arena_pair pair{{.document_bytes_max = 1000, .resident_bytes = 0}};
  std::atomic<arena_lease*> box = nullptr;
  std::atomic<bool> done = false;
  std::thread other{[&] {
    while (!done || box.load() != nullptr) delete box.exchange(nullptr);
  }};
  uint64_t taken = 0;
  while (taken < 20'000) {
    auto lease = pair.take();
    if (!lease) continue;
    fill(*lease->columns_for(200));
    ++taken;
    arena_lease* nobody = nullptr;
    auto* given = new arena_lease{std::move(*lease)};
    if (!box.compare_exchange_strong(nobody, given)) delete given;
  }
  done = true;
  other.join();
  BOOST_TEST(pair.usage().bytes_handed_out == 20'000u * 201 * 5);
}

BOOST_AUTO_TEST_CASE(what_an_arena_leaves_is_kept_for_the_next_like_it) {
  const auto stock = std::make_shared<arena_stock>();
  const arena_options options{.document_bytes_max = mb, .resident_bytes = 2 * mb, .stock = stock};
  const void* left = nullptr;
  {
    arena first{options};
    left = first.columns_for(1)->issues.data();
  }
  BOOST_TEST(stock->size() == 1u);
  arena second{options};
  BOOST_TEST(second.columns_for(1)->issues.data() == left);
  BOOST_TEST(stock->size() == 0u);
}

BOOST_AUTO_TEST_CASE(no_arena_gets_memory_of_another_size_or_that_is_not_locked_as_it_is_to_be) {
  const auto stock = std::make_shared<arena_stock>();
  const arena_options options{.document_bytes_max = mb, .resident_bytes = mb, .stock = stock};
  { const arena first{options}; }
  arena_options longer = options, more_resident = options, locked = options;
  longer.document_bytes_max *= 2;
  more_resident.resident_bytes *= 2;
  locked.lock = true;
  const arena second{longer}, third{more_resident}, fourth{locked};
  BOOST_TEST(stock->size() == 1u);
  BOOST_TEST(second.region_bytes() > 2 * mb);
  BOOST_TEST(third.resident_bytes() == 2 * mb);
}

BOOST_AUTO_TEST_CASE(a_stock_keeps_no_more_than_its_limit) {
  const auto stock = std::make_shared<arena_stock>();
  const arena_options options{.document_bytes_max = 1000, .resident_bytes = 0, .stock = stock};
  {
    std::vector<std::unique_ptr<arena>> many;
    for (size_t i = 0; i < limits::spare_arenas_max + 3; ++i) many.push_back(std::make_unique<arena>(options));
    BOOST_TEST(stock->size() == 0u);
  }
  BOOST_TEST(stock->size() == limits::spare_arenas_max);
}

BOOST_AUTO_TEST_CASE(what_is_kept_goes_where_the_system_has_no_memory_for_another) {
  const auto stock = std::make_shared<arena_stock>();
  { const arena first{{.document_bytes_max = 1000, .resident_bytes = 0, .stock = stock}}; }
  BOOST_TEST(stock->size() == 1u);
  BOOST_CHECK_THROW((void)stock->take(size_t{1} << 60, 0, false), std::bad_alloc);
  BOOST_TEST(stock->size() == 0u);
}

BOOST_AUTO_TEST_CASE(kept_memory_holds_only_what_is_resident) {
  const auto stock = std::make_shared<arena_stock>();
  const arena_options options{.document_bytes_max = 8 * mb, .resident_bytes = mb, .stock = stock};
  {
    arena first{options};
    fill(*first.columns_for(8 * mb));
  }
  const uint64_t kept = resident_bytes().value();
  arena second{options};
  fill(*second.columns_for(8 * mb));
  BOOST_TEST(resident_bytes().value() - kept > 30 * mb); // faulted in anew
}

BOOST_AUTO_TEST_CASE(a_lease_that_outlives_pair_and_owner_still_gives_its_memory_back_to_the_stock) {
  auto stock = std::make_shared<arena_stock>();
  const std::weak_ptr<arena_stock> watched = stock;
  std::optional<arena_lease> lease;
  {
    arena_pair pair{{.document_bytes_max = 1000, .resident_bytes = 0, .stock = stock}};
    lease = pair.take();
    stock.reset();
  }
  BOOST_TEST(!watched.expired());
  fill(*lease->columns_for(1000));
  lease.reset();
  BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_SUITE_END()
