// Which memory a worker process has mapped, of documents and for columns: its parent keeps the books, the child only
// does as it is told. Memory used again costs nothing; what has not been used for longest makes room for what is new.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace texlex {

/// What the child is to do before it uses a memory.
struct mapping_verdict {
  uint32_t slot = 0;   ///< where it is mapped
  bool fresh = false;  ///< it is to be mapped there first
  uint64_t forget = 0; ///< slots to be unmapped before that, a bit each; that of a fresh memory may be among them
  friend bool operator==(const mapping_verdict&, const mapping_verdict&) = default;
};

class mapping_slots {
public:
  /// One bit each in `mapping_verdict::forget`.
  static constexpr uint32_t slot_count = 64;

  /// Maps at most `bytes_max` at a time, or what one attempt uses if that is more.
  explicit mapping_slots(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// The next attempt uses the memory of that number, which is not 0 and never means another memory. `beside`: the slot
  /// of another one that it uses, which stays.
  [[nodiscard]] mapping_verdict use(uint64_t number, uint64_t bytes, std::optional<uint32_t> beside = std::nullopt);

  /// What the child is to unmap when the attempt is over, a bit each, so that no more than `bytes_max` stay mapped.
  [[nodiscard]] uint64_t drop_excess() noexcept;

  /// The child has not mapped what was to be in that slot, or is to unmap it. Returns the slot's bit.
  uint64_t forget(uint32_t index) noexcept;

  [[nodiscard]] uint64_t mapped_bytes() const noexcept { return mapped_bytes_; }

  void check_invariants() const;

private:
  struct slot {
    uint64_t number = 0; ///< 0: free
    uint64_t bytes = 0;
    uint64_t last_use = 0;
  };

  [[nodiscard]] uint32_t free_or_oldest(uint32_t beside) const noexcept;
  /// `slot_count` if there is none but `beside`.
  [[nodiscard]] uint32_t oldest(uint32_t beside) const noexcept;
  [[nodiscard]] uint32_t largest() const noexcept;

  uint64_t bytes_max_;
  uint64_t mapped_bytes_ = 0;
  uint64_t uses_ = 0;
  std::array<slot, slot_count> slots_;
};

} // namespace texlex
