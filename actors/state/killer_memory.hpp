// Documents that killed workers, known by a hash of their bytes, so that a client that sends one again and again does
// not take the house down: after two deaths it is refused unread. Forgotten after a while, as workers get mended, and
// bounded: the one that killed longest ago makes room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "runtime/time.hpp"

namespace texlex {

struct killer_memory_options {
  duration keep = std::chrono::minutes{10}; ///< from a document's last kill
  uint32_t entries_max = 1024;
  uint32_t kills_to_condemn = 2;
};

class killer_memory {
public:
  explicit killer_memory(const killer_memory_options& options = {});

  /// A worker died of it. Returns how often that happened, this time included. Throws std::bad_alloc, and has counted
  /// nothing then.
  uint32_t killed(uint64_t document_hash, uint64_t bytes, instant now);

  /// Could a document of that size be one that killed? If not, its hash need not be made.
  [[nodiscard]] bool suspects(uint64_t bytes) const noexcept { return !kills_.empty() && sizes_.contains(bytes); }

  /// True: not to be run any more. Asked for each request; costs next to nothing while nothing was killed.
  [[nodiscard]] bool condemned(uint64_t document_hash, instant now) const;

  /// Entries remembered, some of which may be due to be forgotten.
  [[nodiscard]] size_t count() const noexcept { return kills_.size(); }

  void check_invariants() const;

private:
  struct entry {
    uint32_t times = 0;
    uint64_t bytes = 0;
    instant last{};
  };
  using map = std::unordered_map<uint64_t, entry>;

  void make_room(instant now);
  map::iterator forget(map::iterator known);

  killer_memory_options options_;
  map kills_;                          ///< by hash
  std::map<uint64_t, uint32_t> sizes_; ///< how many of them are of each size
};

} // namespace texlex
