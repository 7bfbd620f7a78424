// Characters of two to four bytes.
// Included inside the target's namespace.

// The characters of Unicode that change the direction of the text around them; an issue, so not for us.
static inline bool is_bidirectional_control(uint32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069);
}

// Characters beyond ASCII. Which bytes begin, which continue follows from masks alone, and so does nearly all that can be
// malformed (The Unicode Standard, table 3-7); the characters' codes are only needed for their categories.
[[gnu::always_inline]] inline uint64_t stretch_scan::decode(bytes raw, uint64_t offset, uint64_t high, bytes& categories,
                                                            classes& k, carried& now) const {
  const uint64_t continuation = high & below(raw, 0xC0);
  const uint64_t leads = high & ~continuation;
  const uint64_t longer = high & ~below(raw, 0xE0), longest = high & ~below(raw, 0xF0);
  const uint64_t expected = leads << 1 | longer << 2 | longest << 3 | now.continuation;
  uint64_t trouble = (expected ^ continuation) | (leads & below(raw, 0xC2)) | (longest & ~below(raw, 0xF5));
  now.continuation = leads >> 63 | longer >> 62 | longest >> 61;

  uint8_t patched[64], padded[67];
  const uint8_t* from = s.document + offset;
  if (s.size - offset < sizeof padded) {
    for (uint64_t i = 0; i < sizeof padded; ++i) padded[i] = i < s.size - offset ? from[i] : uint8_t{0};
    from = padded;
  }
  store(patched, categories);
  uint64_t letters = 0, unusual = 0;
  const auto look_up = [&](uint64_t at, uint32_t code) {
    const uint8_t category = s.pages[s.page_of[code >> 8]][code & 0xFF];
    patched[at] = category;
    letters |= uint64_t{category == 11} << at;
    const bool usual = (0x3958 >> category & 1) != 0; // 3, 4, 6, 8, 11 to 13
    unusual |= uint64_t{!usual || is_bidirectional_control(code)} << at;
  };
  for (uint64_t left = leads & ~longer; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    look_up(at, (from[at] & 0x1Fu) << 6 | (from[at + 1] & 0x3Fu));
  }
  for (uint64_t left = longer & ~longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code = (from[at] & 0x0Fu) << 12 | (from[at + 1] & 0x3Fu) << 6 | (from[at + 2] & 0x3Fu);
    look_up(at, code);
    trouble |= uint64_t{code < 0x800 || code >> 11 == 0xD800 >> 11} << at;
  }
  for (uint64_t left = longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code = (from[at] & 0x07u) << 18 | (from[at + 1] & 0x3Fu) << 12 | (from[at + 2] & 0x3Fu) << 6
                          | (from[at + 3] & 0x3Fu);
    const bool in_range = code >= 0x10000 && code <= 0x10FFFF;
    look_up(at, in_range ? code : 0);
    trouble |= uint64_t{!in_range} << at;
  }
  categories = load(patched);
  k.continuation = continuation;
  letters |= (letters << 1 | (now.letters & 1)) & continuation; // a letter's bytes are letters
  letters |= letters << 1 & continuation;
  letters |= letters << 1 & continuation;
  k.letter |= letters;
  now.letters = letters >> 63;
  return trouble | unusual;
}

