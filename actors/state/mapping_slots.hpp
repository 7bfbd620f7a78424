// Which shared documents a worker process has mapped: its parent keeps the books, the child only does as it is told. A
// document used again costs nothing; one that has not been used for longest makes room for a new one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace texlex {

/// What the child is to do before it reads a document.
struct mapping_verdict {
  uint32_t slot = 0;   ///< where the document is mapped
  bool fresh = false;  ///< it is to be mapped there first
  uint64_t forget = 0; ///< slots to be unmapped before that, a bit each; that of a fresh document may be among them
  friend bool operator==(const mapping_verdict&, const mapping_verdict&) = default;
};

class mapping_slots {
public:
  /// One bit each in `mapping_verdict::forget`.
  static constexpr uint32_t slot_count = 64;

  /// Maps at most `bytes_max` at a time, or one memory that is larger.
  explicit mapping_slots(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// The next document lies in the shared memory of that number, which is not 0 and never means another memory.
  [[nodiscard]] mapping_verdict use(uint64_t number, uint64_t bytes);

  [[nodiscard]] uint64_t mapped_bytes() const noexcept { return mapped_bytes_; }

  void check_invariants() const;

private:
  struct slot {
    uint64_t number = 0; ///< 0: free
    uint64_t bytes = 0;
    uint64_t last_use = 0;
  };

  [[nodiscard]] uint32_t free_or_oldest() const noexcept;
  [[nodiscard]] uint32_t oldest() const noexcept;
  /// Returns the slot's bit.
  uint64_t forget(uint32_t index) noexcept;

  uint64_t bytes_max_;
  uint64_t mapped_bytes_ = 0;
  uint64_t uses_ = 0;
  std::array<slot, slot_count> slots_;
};

} // namespace texlex
