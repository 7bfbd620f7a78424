// What is known under each id, for ids that come and go by the thousand: like an unordered map, but nothing is
// allocated while it has room, and no division is made to find one. What it holds moves when it grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "actors/state/slot_index.hpp"

namespace texlex {

/// To move a `Value` must not throw, whether its type says so or not.
template <class Value>
class id_map {
public:
  explicit id_map(size_t expected = 0) : index_(expected) {
    entries_.reserve(expected);
    free_.reserve(expected);
  }

  /// Null if there is nothing under that id. Holds until the next `insert`.
  [[nodiscard]] Value* find(uint64_t id) noexcept {
    const uint32_t slot = index_.find(id);
    return slot == no_slot ? nullptr : &*entries_[slot].value;
  }
  [[nodiscard]] const Value* find(uint64_t id) const noexcept { return const_cast<id_map*>(this)->find(id); }

  /// False, and nothing has happened, if there is something under that id. Throws std::bad_alloc; `value` is as it was
  /// then.
  bool insert(uint64_t id, Value&& value) {
    if (index_.find(id) != no_slot) return false;
    index_.reserve_one();
    if (free_.empty()) add_slot();
    const uint32_t slot = free_.back();
    free_.pop_back();
    entries_[slot].id = id;
    entries_[slot].value.emplace(std::move(value));
    index_.insert(id, slot);
    return true;
  }

  /// What was there goes.
  std::optional<Value> take(uint64_t id) noexcept {
    const uint32_t slot = index_.find(id);
    if (slot == no_slot) return std::nullopt;
    std::optional<Value> taken{std::move(*entries_[slot].value)};
    entries_[slot].value.reset();
    free_.push_back(slot);
    index_.erase(id);
    return taken;
  }

  [[nodiscard]] size_t size() const noexcept { return index_.count(); }

  /// Calls `look` with each id and what is known under it, in no order.
  template <class Look>
  void for_each(Look look) const {
    for (const entry& each : entries_)
      if (each.value) look(each.id, *each.value);
  }

private:
  struct entry {
    uint64_t id = 0;
    std::optional<Value> value{};
  };

  // The list of free slots has room for all, so that giving one back cannot fail.
  void add_slot() {
    const auto slot = static_cast<uint32_t>(entries_.size());
    if (entries_.size() == entries_.capacity()) entries_.reserve(2 * entries_.size() + 8);
    if (free_.capacity() < entries_.capacity()) free_.reserve(entries_.capacity());
    entries_.emplace_back();
    free_.push_back(slot);
  }

  slot_index index_;
  std::vector<entry> entries_;
  std::vector<uint32_t> free_; ///< slots
};

} // namespace texlex
