// Which slot holds a key: a hash table with open addressing, so that nothing is allocated while it has room. A key
// pushed out of its place by another is found by going on to the next place; a removal moves such keys back.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "actors/state/slot_list.hpp"

namespace texlex {

class slot_index {
public:
  explicit slot_index(size_t keys_expected) : places_(std::bit_ceil(2 * keys_expected + 2)) {}

  /// `no_slot` if the key is not there.
  [[nodiscard]] uint32_t find(uint64_t key) const noexcept { return places_[place_of(key)].slot; }

  /// Makes room for one more key. Only this can run out of memory.
  void reserve_one() {
    if (2 * (count_ + 1) <= places_.size()) return;
    slot_index larger{places_.size()};
    for (const place& each : places_)
      if (each.slot != no_slot) larger.insert(each.key, each.slot);
    *this = std::move(larger);
  }

  /// For a key that is not there, after `reserve_one` or within the number expected.
  void insert(uint64_t key, uint32_t slot) noexcept {
    places_[place_of(key)] = {key, slot};
    ++count_;
  }

  void erase(uint64_t key) noexcept {
    size_t hole = place_of(key);
    if (places_[hole].slot == no_slot) return;
    --count_;
    for (size_t at = next(hole); places_[at].slot != no_slot; at = next(at)) {
      const size_t home = home_of(places_[at].key);
      if (((at - home) & mask()) < ((at - hole) & mask())) continue; // it would be before its home
      places_[hole] = places_[at];
      hole = at;
    }
    places_[hole] = {};
  }

  [[nodiscard]] size_t count() const noexcept { return count_; }

private:
  struct place {
    uint64_t key = 0;
    uint32_t slot = no_slot;
  };

  [[nodiscard]] size_t mask() const noexcept { return places_.size() - 1; }
  [[nodiscard]] size_t next(size_t at) const noexcept { return (at + 1) & mask(); }

  /// Multiplied by 2^64 over the golden ratio: keys that follow each other, as ids do, land far apart.
  [[nodiscard]] size_t home_of(uint64_t key) const noexcept {
    return static_cast<size_t>((key * 0x9E37'79B9'7F4A'7C15u) >> 32) & mask();
  }

  /// The key's place, or the free one where it would be put.
  [[nodiscard]] size_t place_of(uint64_t key) const noexcept {
    size_t at = home_of(key);
    while (places_[at].slot != no_slot && places_[at].key != key) at = next(at);
    return at;
  }

  std::vector<place> places_; ///< half of them free at least
  size_t count_ = 0;
};

} // namespace texlex
