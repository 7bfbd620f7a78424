// Structures that begin with the size their caller was compiled with. Fields are only ever added, at the end: what an
// older caller does not have takes its default, and what a newer one has set and this library does not know is refused.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "texlex/texlex.h"

namespace texlex::api {

/// No structure will ever be as large; who claims one has not set its size.
inline constexpr size_t struct_size_max = 4096;

/// The size the caller wrote into the structure; 0 if it cannot be one. `least` is that of the first version.
[[nodiscard]] inline size_t struct_size_of(const void* given, size_t least) noexcept {
  size_t size = 0;
  std::memcpy(&size, given, sizeof size);
  return size >= least && size <= struct_size_max ? size : 0;
}

/// Copies the caller's structure over `ours`, which holds the defaults. False if it cannot be understood.
template <class Struct>
[[nodiscard]] bool read_struct(const void* given, size_t least, Struct& ours) noexcept {
  const size_t size = struct_size_of(given, least);
  if (size == 0) return false;
  const auto* bytes = static_cast<const unsigned char*>(given);
  const size_t known = std::min(size, sizeof(Struct));
  if (std::any_of(bytes + known, bytes + size, [](unsigned char byte) { return byte != 0; })) return false;
  std::memcpy(&ours, given, known);
  return true;
}

/// Copies `ours` to the caller's structure, whose size stays; what we do not know of it becomes 0.
template <class Struct>
[[nodiscard]] bool write_struct(Struct ours, size_t least, void* given) noexcept {
  const size_t size = struct_size_of(given, least);
  if (size == 0) return false;
  ours.struct_size = size;
  const size_t known = std::min(size, sizeof(Struct));
  std::memcpy(given, &ours, known);
  std::memset(static_cast<unsigned char*>(given) + known, 0, size - known);
  return true;
}

} // namespace texlex::api
