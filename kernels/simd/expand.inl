// Starts out of a bitmap of them.
// Included inside the target's namespace.

static inline void expand_bits(const uint64_t* bits, uint64_t size, uint32_t* starts) {
  uint64_t count = 0;
  const uint64_t whole = size >> 6; // up to its beginning there are no more starts than bits, so 64 more have room
  for (uint64_t word = 0; word < whole; ++word) {
    emit_starts(bits[word], static_cast<uint32_t>(word << 6), starts + count);
    count += count_ones(bits[word]);
  }
  uint32_t last[64];
  emit_starts(bits[whole], static_cast<uint32_t>(whole << 6), last);
  for (uint64_t i = 0; i < count_ones(bits[whole]); ++i) starts[count + i] = last[i];
}
