// Lists of numbered places ('slots'), linked through one array: a slot joins or leaves a list in constant time and
// without memory being asked for. A slot is in one list of a `slot_links` at most.
//
//   slot        0   1   2   3        list {head 2, tail 1}: 2, 0, 1       list {head 3, tail 3}: 3
//   previous    2   0   -   -
//   next        1   -   0   -
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace texlex {

inline constexpr uint32_t no_slot = UINT32_MAX;

struct slot_list {
  uint32_t head = no_slot;
  uint32_t tail = no_slot;
  uint32_t count = 0;

  [[nodiscard]] bool empty() const noexcept { return count == 0; }
};

class slot_links {
public:
  explicit slot_links(size_t slots = 0) : links_(slots) {}

  /// One slot more. Its number is how many there were.
  void grow() { links_.emplace_back(); }

  void push_back(slot_list& list, uint32_t slot) noexcept {
    links_[slot] = {.previous = list.tail, .next = no_slot};
    (list.tail == no_slot ? list.head : links_[list.tail].next) = slot;
    list.tail = slot;
    ++list.count;
  }

  void push_front(slot_list& list, uint32_t slot) noexcept {
    links_[slot] = {.previous = no_slot, .next = list.head};
    (list.head == no_slot ? list.tail : links_[list.head].previous) = slot;
    list.head = slot;
    ++list.count;
  }

  void erase(slot_list& list, uint32_t slot) noexcept {
    const auto [previous, next] = links_[slot];
    (previous == no_slot ? list.head : links_[previous].next) = next;
    (next == no_slot ? list.tail : links_[next].previous) = previous;
    --list.count;
  }

  [[nodiscard]] uint32_t next(uint32_t slot) const noexcept { return links_[slot].next; }

private:
  struct link {
    uint32_t previous = no_slot;
    uint32_t next = no_slot;
  };

  std::vector<link> links_;
};

} // namespace texlex
