// Slots by the time each has, the earliest first: a binary heap that knows where each slot lies, so that any of them
// can be taken out, not only the first. Nothing is allocated but by `grow`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "actors/state/slot_list.hpp"
#include "runtime/time.hpp"

namespace texlex {

class slot_heap {
public:
  explicit slot_heap(size_t slots = 0) : place_of_(slots, no_slot) { heap_.reserve(slots); }

  /// One slot more. Its number is what there were before.
  void grow() {
    place_of_.push_back(no_slot);
    heap_.reserve(place_of_.size());
  }

  /// For a slot that is not in the heap.
  void insert(uint32_t slot, instant when) noexcept {
    heap_.push_back({when, slot});
    rise(heap_.size() - 1);
  }

  /// A slot that is not in the heap is let be.
  void erase(uint32_t slot) noexcept {
    const size_t hole = place_of_[slot];
    if (hole == no_slot) return;
    place_of_[slot] = no_slot;
    const item last = heap_.back();
    heap_.pop_back();
    if (hole == heap_.size()) return;
    put(hole, last);
    rise(hole);
    sink(place_of_[last.slot]);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] size_t count() const noexcept { return heap_.size(); }
  [[nodiscard]] uint32_t first() const noexcept { return heap_.front().slot; }
  [[nodiscard]] instant first_time() const noexcept { return heap_.front().when; }

private:
  struct item {
    instant when;
    uint32_t slot = no_slot;
  };

  void put(size_t at, item it) noexcept {
    heap_[at] = it;
    place_of_[it.slot] = static_cast<uint32_t>(at);
  }

  void rise(size_t at) noexcept {
    const item it = heap_[at];
    for (; at > 0 && it.when < heap_[(at - 1) / 2].when; at = (at - 1) / 2) put(at, heap_[(at - 1) / 2]);
    put(at, it);
  }

  void sink(size_t at) noexcept {
    const item it = heap_[at];
    for (size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
      if (!(heap_[child].when < it.when)) break;
      put(at, heap_[child]);
      at = child;
    }
    put(at, it);
  }

  std::vector<item> heap_;
  std::vector<uint32_t> place_of_; ///< in the heap, by slot
};

} // namespace texlex
