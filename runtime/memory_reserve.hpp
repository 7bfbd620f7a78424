// Memory set aside for the moment there is none. An allocation that fails, of whichever thread, has a block of it given
// back to the system and is tried again; std::bad_alloc comes only once all blocks are gone. So steps that must not
// fail half-way, as messages between actors, get to their end, while whoever fills the reserve again tells those who
// would bring more work to come back.
#pragma once

#include <cstddef>

namespace texlex::memory_reserve {

inline constexpr size_t blocks = 16, block_bytes = size_t{256} << 10;

/// From now on failing allocations draw on it, once it is filled.
void install() noexcept;

/// Sets aside again what was given back. False: the system has no memory for all of it.
bool fill() noexcept;

/// Whether all of it is there, or nobody has installed it.
[[nodiscard]] bool whole() noexcept;

/// While it lives, allocations of this thread fail as if there were no reserve: for large ones, which it would not
/// suffice for, or which may well be refused.
class untouched {
public:
  untouched() noexcept;
  ~untouched();
  untouched(const untouched&) = delete;
  untouched& operator=(const untouched&) = delete;

private:
  bool before_;
};

} // namespace texlex::memory_reserve
