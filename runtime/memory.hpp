// The process's memory as the system sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace texlex {

[[nodiscard]] size_t page_bytes() noexcept;

[[nodiscard]] constexpr size_t round_up(size_t bytes, size_t unit) noexcept { return (bytes + unit - 1) / unit * unit; }

/// Physical memory the process uses now; nothing where the system does not tell.
[[nodiscard]] std::optional<uint64_t> resident_bytes() noexcept;

/// The same of another process.
[[nodiscard]] std::optional<uint64_t> resident_bytes_of(pid_t process) noexcept;

/// The most it ever used; nothing where the system does not tell.
[[nodiscard]] std::optional<uint64_t> resident_bytes_peak() noexcept;

/// How much memory the process may lock in all (RLIMIT_MEMLOCK); nothing if there is no limit.
[[nodiscard]] std::optional<uint64_t> lockable_bytes_max() noexcept;

/// Keeps a range from being paged out. False if the system refuses, mostly because of RLIMIT_MEMLOCK.
[[nodiscard]] bool lock_memory(void* address, size_t bytes) noexcept;

/// What huge pages are aligned to. Faulting in one takes a fraction of what its small pages take.
inline constexpr size_t huge_page_bytes = size_t{2} << 20;

/// Asks the system to back memory, from whole huge pages on, with such.
void prefer_huge_pages(void* address, size_t bytes) noexcept;

/// Touches every page of a range, so that no one pays for its first use later. Sleeps for a moment each tenth of a
/// millisecond: while the kernel makes pages, no thread that wakes gets the core, whatever its priority.
void fault_in(void* address, size_t bytes) noexcept;

/// Gives the pages of a range back; they read as unspecified afterwards. `address` must be at a page's begin.
void give_back(void* address, size_t bytes) noexcept;

} // namespace texlex
