// An operator new with memory for only so many more allocations of a thread. To be included by one source of a program.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <new>

namespace texlex::test {

inline thread_local int allocations_left = -1; ///< how many this thread has memory for; below 0: all

inline void* allocate_scarce(size_t bytes) {
  if (allocations_left == 0) throw std::bad_alloc{};
  if (allocations_left > 0) --allocations_left;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc{};
}

// Not inlined: compilers think that what `new` gave must not be freed.
[[gnu::noinline]] inline void give_back_scarce(void* memory) noexcept { std::free(memory); }

/// Makes the call with memory for no allocation, for one, for two, until it succeeds: until then it is to answer
/// `no_memory`. How often it failed.
template <auto ok, auto no_memory, class Call>
int failures_before(Call call) {
  for (int failures = 0;; ++failures) {
    BOOST_TEST_REQUIRE(failures < 10'000);
    allocations_left = failures;
    const auto status = call();
    allocations_left = -1;
    if (status == ok) return failures;
    BOOST_TEST_REQUIRE(status == no_memory, "after " << failures << " allocations");
  }
}

} // namespace texlex::test

void* operator new(size_t bytes) { return texlex::test::allocate_scarce(bytes); }
void* operator new[](size_t bytes) { return texlex::test::allocate_scarce(bytes); }
void operator delete(void* memory) noexcept { texlex::test::give_back_scarce(memory); }
void operator delete[](void* memory) noexcept { texlex::test::give_back_scarce(memory); }
void operator delete(void* memory, size_t) noexcept { texlex::test::give_back_scarce(memory); }
void operator delete[](void* memory, size_t) noexcept { texlex::test::give_back_scarce(memory); }
