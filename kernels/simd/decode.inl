// Characters of two to four bytes.
// Included inside the target's namespace.

// The characters of Unicode that change the direction of the text around them; an issue, so not for us.
static inline bool is_bidirectional_control(uint32_t code) {
  if (code < 0x200E || code > 0x2069) return code == 0x061C; // nearly all
  return code <= 0x200F || (code >= 0x202A && code <= 0x202E) || code >= 0x2066;
}

// The high bit for every category but 3, 4, 6, 8 and 11 to 13.
static inline bytes unusual_marks(bytes categories) {
  alignas(16) static const uint8_t marks[16] = {0x80, 0x80, 0x80, 0, 0, 0x80, 0,    0x80,
                                                0,    0x80, 0x80, 0, 0, 0,    0x80, 0x80};
  return chosen(marks, categories);
}

static inline bool all_are(uint8_t category, const uint8_t* of, uint64_t count) {
  uint64_t different = 0;
  for (uint64_t i = 0; i < count; ++i) different |= uint64_t{of[i]} ^ category;
  return different == 0;
}

inline uint8_t stretch_scan::category_of_lead(uint8_t lead) const {
  // 061C and 200E are in these; overlong forms, surrogates and what is beyond 10FFFF begin with those.
  if (lead == 0xD8 || lead == 0xE2 || lead == 0xE0 || lead == 0xED || lead >= 0xF0) return lead_mixed;
  if (lead < 0xE0) {
    const uint32_t first = (lead & 0x1Fu) << 6;
    const uint8_t* const of = s.pages[s.page_of[first >> 8]] + (first & 0xFF);
    return of[0] >= 11 && of[0] <= 13 && all_are(of[0], of, 64) ? of[0] : lead_mixed;
  }
  const uint16_t* const pages = s.page_of + ((lead & 0x0Fu) << 4);
  const uint8_t category = s.pages[pages[0]][0];
  if (category < 11 || category > 13) return lead_mixed;
  for (int i = 0; i < 16; ++i)
    if ((i == 0 || pages[i] != pages[i - 1]) && !all_are(category, s.pages[pages[i]], 256)) return lead_mixed;
  return category;
}

// What each lead byte says.
inline bytes stretch_scan::categories_of_leads(bytes raw, uint64_t leads) {
  const bytes known = lookup64(lead_categories, raw);
  uint64_t unknown = equal(known, lead_unknown) & leads;
  if (unknown == 0) return known;
  uint8_t all[64];
  store(all, raw);
  for (; unknown != 0; unknown &= unknown - 1) {
    const uint8_t lead = all[lowest(unknown)];
    lead_categories[lead & 0x3F] = category_of_lead(lead);
  }
  return lookup64(lead_categories, raw);
}

// Characters beyond ASCII. Which bytes begin, which continue follows from masks alone, and so does nearly all that can
// be malformed (The Unicode Standard, table 3-7). Of their categories, those of all that share a lead byte are often the
// same, and are told at once; the others' codes are put together and looked up.
inline decoded stretch_scan::decode(bytes raw, uint64_t offset, uint64_t high, bytes categories) {
  const uint64_t continuation = high & below(raw, 0xC0);
  const uint64_t leads = high & ~continuation;
  const uint64_t longer = high & ~below(raw, 0xE0), longest = high & ~below(raw, 0xF0);
  const uint64_t expected = leads << 1 | longer << 2 | longest << 3 | c.continuation;
  const uint64_t missing = expected & ~continuation;
  uint64_t cut_short = missing | missing >> 1; // from the lead byte on
  cut_short |= (cut_short & continuation) >> 1;
  cut_short |= (cut_short & continuation) >> 1;
  uint64_t trouble = (continuation & ~expected) | (leads & below(raw, 0xC2)) | (longest & ~below(raw, 0xF5));

  uint8_t padded[67];
  const uint8_t* from = s.document + offset;
  if (s.size - offset < sizeof padded) {
    for (uint64_t i = 0; i < sizeof padded; ++i) padded[i] = i < s.size - offset ? from[i] : uint8_t{0};
    from = padded;
  }
  uint64_t single = leads; // to be looked up one by one
  uint64_t letters = 0, unusual = 0;
  if (count_ones(leads) >= shared_leads_min) {
    const bytes shared = categories_of_leads(raw, leads);
    single = equal(shared, lead_mixed) & leads;
    letters = equal(shared, 11) & leads;
    categories = select(categories, shared, leads);
  }
  alignas(64) uint8_t looked_up[64] = {}; // categories, at the first bytes
  const auto look_up = [&](uint64_t at, uint32_t code) {
    looked_up[at] = s.pages[s.page_of[code >> 8]][code & 0xFF];
    unusual |= uint64_t{is_bidirectional_control(code)} << at;
  };
  for (uint64_t left = single & ~longer; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    look_up(at, (from[at] & 0x1Fu) << 6 | (from[at + 1] & 0x3Fu));
  }
  for (uint64_t left = single & longer & ~longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code = (from[at] & 0x0Fu) << 12 | (from[at + 1] & 0x3Fu) << 6 | (from[at + 2] & 0x3Fu);
    look_up(at, code);
    trouble |= uint64_t{code < 0x800 || code >> 11 == 0xD800 >> 11} << at;
  }
  for (uint64_t left = single & longest; left != 0; left &= left - 1) {
    const uint64_t at = lowest(left);
    const uint32_t code =
      (from[at] & 0x07u) << 18 | (from[at + 1] & 0x3Fu) << 12 | (from[at + 2] & 0x3Fu) << 6 | (from[at + 3] & 0x3Fu);
    const bool in_range = code >= 0x10000 && code <= 0x10FFFF;
    look_up(at, in_range ? code : 0);
    trouble |= uint64_t{!in_range} << at;
  }
  if (single != 0) {
    const bytes found = load(looked_up);
    letters |= equal(found, 11) & single;
    unusual |= high_bits(unusual_marks(found)) & single;
    categories = select(categories, found, single);
  }
  letters |= (letters << 1 | (c.letters & 1)) & continuation; // a letter's bytes are letters
  letters |= letters << 1 & continuation;
  letters |= letters << 1 & continuation;
  return {.categories = categories,
          .letters = letters,
          .continuation = continuation,
          .trouble = trouble | unusual | cut_short,
          .cut_short = cut_short,
          .continuation_behind = leads >> 63 | longer >> 62 | longest >> 61};
}
