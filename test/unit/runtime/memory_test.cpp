// Memory and cores as the system tells them.
#include <boost/test/unit_test.hpp>

#include <thread>

#include <sys/mman.h>

#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(memory_test)

BOOST_AUTO_TEST_CASE(the_process_uses_some_memory_and_more_once_pages_are_touched) {
  const size_t bytes = size_t{64} << 20;
  void* region = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  BOOST_REQUIRE(region != MAP_FAILED);
  const uint64_t before = resident_bytes().value_or(0);
  BOOST_TEST(before > 0u);
  fault_in(region, bytes);
  const uint64_t touched = resident_bytes().value_or(0);
  BOOST_TEST(touched >= before + bytes / 10 * 9);
  give_back(region, bytes);
  BOOST_TEST(resident_bytes().value_or(0) + bytes / 10 * 9 <= touched);
  munmap(region, bytes);
}

BOOST_AUTO_TEST_CASE(a_page_can_be_locked_if_any_memory_can) {
  const auto limit = lockable_bytes_max();
  if (limit && *limit < page_bytes()) return;
  void* page = mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  BOOST_TEST(lock_memory(page, page_bytes()));
  munmap(page, page_bytes());
}

#if !defined(TEXLEX_SANITIZED) // whose mlock does nothing and succeeds
BOOST_AUTO_TEST_CASE(memory_that_is_not_mapped_cannot_be_locked) {
  BOOST_TEST(!lock_memory(reinterpret_cast<void*>(page_bytes()), page_bytes()));
}
#endif

BOOST_AUTO_TEST_CASE(sizes_are_rounded_up_to_whole_units) {
  BOOST_TEST(round_up(0, 4096) == 0u);
  BOOST_TEST(round_up(1, 4096) == 4096u);
  BOOST_TEST(round_up(4096, 4096) == 4096u);
  BOOST_TEST(round_up(4097, 4096) == 8192u);
}

BOOST_AUTO_TEST_CASE(a_thread_can_be_pinned_to_each_core_the_process_has) {
  const auto cores = allowed_cores();
  BOOST_REQUIRE(!cores.empty());
  BOOST_TEST(!first_core_error(cores).has_value());
#ifdef __linux__
  for (const uint32_t core : cores) {
    std::thread{[core] {
      BOOST_TEST(!pin_this_thread(core).has_value());
      BOOST_TEST((allowed_cores() == std::vector<uint32_t>{core}));
    }}.join();
  }
#endif
}

BOOST_AUTO_TEST_CASE(a_core_that_does_not_exist_is_named_in_the_error) {
  const auto error = first_core_error({allowed_cores().front(), 9999});
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->find("9999") != std::string::npos);
  BOOST_TEST(pin_this_thread(9999).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
