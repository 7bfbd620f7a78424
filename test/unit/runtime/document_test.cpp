// Blocks of bytes that are used again.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "runtime/document.hpp"
#include "runtime/limits.hpp"
#include "runtime/socket.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(document_test)

BOOST_AUTO_TEST_CASE(a_block_has_at_least_the_size_asked_for) {
  document_pool pool{1 << 20};
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4096}, size_t{4097}, size_t{100'000}})
    BOOST_TEST(pool.take(bytes)->capacity() >= bytes);
}

BOOST_AUTO_TEST_CASE(a_block_given_back_is_used_again_for_a_document_of_its_size_class) {
  document_pool pool{1 << 20};
  const uint8_t* first = pool.take(5000)->data();
  BOOST_TEST(pool.kept_bytes() == 8192u);
  BOOST_TEST((pool.take(8000)->data() == first));
}

BOOST_AUTO_TEST_CASE(a_shared_block_goes_back_when_the_last_copy_is_gone) {
  document_pool pool{1 << 20};
  document_lease one = pool.take(100);
  document_lease other = one;
  one.reset();
  BOOST_TEST(pool.kept_bytes() == 0u);
  other.reset();
  BOOST_TEST(pool.kept_bytes() == 4096u);
}

BOOST_AUTO_TEST_CASE(no_more_is_kept_than_the_bound) {
  document_pool pool{10'000};
  std::vector<document_lease> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(pool.take(4096));
  leases.clear();
  BOOST_TEST(pool.kept_bytes() == 8192u);
}

BOOST_AUTO_TEST_CASE(a_lease_may_outlive_its_pool) {
  document_lease lease;
  {
    document_pool pool{1 << 20};
    lease = pool.take(100);
  }
  lease->data()[99] = 1;
  lease.reset();
}

BOOST_AUTO_TEST_CASE(blocks_are_taken_and_given_back_on_many_threads) {
  document_pool pool{1 << 20};
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; ++t)
    threads.emplace_back([&pool, t] {
      for (size_t i = 0; i < 5000; ++i) {
        const auto lease = pool.take(1 + i % 20'000);
        lease->data()[0] = t;
        lease->data()[lease->capacity() - 1] = t;
        if (lease->data()[0] != t) std::abort(); // Boost.Test counts on one thread only
      }
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(pool.kept_bytes() <= size_t{1} << 20);
}

BOOST_AUTO_TEST_CASE(a_block_may_be_bytes_that_somebody_else_keeps) {
  std::vector<uint8_t> bytes(100, 7);
  const document_buffer block{std::span{bytes}};
  BOOST_TEST(block.capacity() == 100u);
  BOOST_TEST((block.data() == bytes.data()));
  BOOST_TEST(block.shared() == nullptr);
  BOOST_TEST(block.common() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_block_of_its_own_process_is_not_shared) {
  document_pool pool{1 << 20};
  const document_lease lease = pool.take(100);
  BOOST_TEST(lease->shared() == nullptr);
  BOOST_TEST(lease->shared_header() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_shared_block_lies_behind_its_header_in_memory_others_may_map) {
  document_pool pool{1 << 20, document_memory::shared};
  const document_lease lease = pool.take(5000);
  BOOST_REQUIRE(lease->shared() != nullptr);
  BOOST_TEST(lease->capacity() >= 5000u);
  BOOST_TEST((lease->data() == lease->shared()->data() + sizeof(shared_document_header)));
  BOOST_TEST(lease->shared()->bytes() >= lease->capacity() + sizeof(shared_document_header));
  lease->data()[lease->capacity() - 1] = 9;
  lease->shared_header()->stop = true;
  const auto view = shared_view::map(owned_fd{::dup(lease->shared()->fd())}, lease->shared()->bytes());
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(view->bytes()[sizeof(shared_document_header) + lease->capacity() - 1] == 9);
  BOOST_TEST(reinterpret_cast<const shared_document_header*>(view->bytes().data())->stop.load());
}

BOOST_AUTO_TEST_CASE(a_shared_block_is_used_again_under_its_number) {
  document_pool pool{1 << 20, document_memory::shared};
  const uint64_t first = pool.take(5000)->shared()->number();
  BOOST_TEST(pool.take(8000)->shared()->number() == first);
  BOOST_TEST(pool.take(9000)->shared()->number() != first);
}

BOOST_AUTO_TEST_CASE(no_more_shared_blocks_are_kept_than_the_bound_as_each_is_an_open_file) {
  document_pool pool{1 << 30, document_memory::shared};
  raise_open_files_limit();
  std::vector<document_lease> leases;
  for (size_t i = 0; i < limits::shared_documents_kept_max + 10; ++i) leases.push_back(pool.take(1));
  leases.clear();
  BOOST_TEST(pool.kept_bytes() == limits::shared_documents_kept_max * 4096u);
}

BOOST_AUTO_TEST_CASE(without_a_file_left_a_shared_block_is_refused_as_without_memory) {
  document_pool pool{1 << 20, document_memory::shared};
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  BOOST_CHECK_THROW(static_cast<void>(pool.take(1)), std::bad_alloc);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST(pool.take(1)->capacity() >= 1u);
}

BOOST_AUTO_TEST_SUITE_END()
