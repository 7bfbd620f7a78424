// Groups: whether an end has its begin.
// Included inside the target's namespace.

// How far eight groupings go below where they began, at most; bit i is set if the i-th is an end.
struct depth_table {
  uint8_t below[256];
  constexpr depth_table() : below() {
    for (int each = 0; each < 256; ++each) {
      int depth = 0;
      for (int i = 0; i < 8; ++i) {
        depth += (each >> i & 1) != 0 ? -1 : 1;
        if (-depth > below[each]) below[each] = static_cast<uint8_t>(-depth);
      }
    }
  }
};
static constexpr depth_table depths;

// Whether an end-group has no begin-group, in a block that has begun at that depth. Eight groupings at a time; where
// there are none left, the bits are those of begins.
static inline bool any_without_begin(uint64_t begins, uint64_t ends, uint64_t depth) {
  uint64_t which = gathered(ends, begins | ends);
  for (;; which >>= 8) {
    if (depths.below[which & 0xFF] > depth) return true;
    if (which >> 8 == 0) return false;
    depth += 8 - 2 * count_ones(which & 0xFF);
  }
}

// Where that is, as a bit.
static inline uint64_t first_without_begin(uint64_t begins, uint64_t ends, uint64_t depth) {
  for (uint64_t left = begins | ends; left != 0; left &= left - 1) {
    const uint64_t bit = left & -left;
    if ((bit & begins) != 0) {
      ++depth;
    } else if (depth-- == 0) {
      return bit;
    }
  }
  return 0;
}

