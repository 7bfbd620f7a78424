// An operator new that fails where a test wants it to, on the I/O thread. To be included by one source of a program,
// which defines `must_fail`; it is asked for each allocation of that thread.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <pthread.h>

namespace texlex::test {

/// The test's own: whether the allocation at hand finds no memory.
[[nodiscard]] bool must_fail() noexcept;

inline bool on_io_thread() noexcept {
  thread_local bool known = false;
  if (!known) {
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    known = std::strcmp(name, "texlex.io") == 0; // else it may be named yet
  }
  return known;
}

// As the standard has it: whoever may find memory is asked until there is some, or throws.
template <class Allocate>
void* allocate(Allocate from_system) {
  for (;;) {
    if (!on_io_thread() || !must_fail())
      if (void* const got = from_system()) return got;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc{};
    handler();
  }
}

// Not inlined: compilers think that what `new` gave must not be freed.
[[gnu::noinline]] inline void give_back(void* memory) noexcept { std::free(memory); }

} // namespace texlex::test

void* operator new(size_t bytes) {
  return texlex::test::allocate([bytes] { return std::malloc(bytes == 0 ? 1 : bytes); });
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  const auto to = static_cast<size_t>(alignment);
  return texlex::test::allocate([bytes, to] { return std::aligned_alloc(to, (bytes + to - 1) / to * to); });
}
void operator delete(void* memory) noexcept { texlex::test::give_back(memory); }
void operator delete(void* memory, size_t) noexcept { texlex::test::give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { texlex::test::give_back(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { texlex::test::give_back(memory); }
