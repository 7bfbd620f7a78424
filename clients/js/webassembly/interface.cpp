// What JavaScript calls of the kernels: numbers in, numbers out, and places in this module's memory. One document at a
// time: `reserve` makes room, JavaScript writes the document there, `scan` finds its tokens, `begin_window` and
// `next_window` derive columns a window of the document after the other, which JavaScript copies away.
//
// Nothing throws: the module is built without exceptions. Memory for documents is asked for by `reserve`, which says if
// there is none; where small things find none the module traps, and JavaScript begins with a new one.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "kernels/derive.hpp"
#include "kernels/kernels.hpp"
#include "kernels/narrow.hpp"
#include "kernels/regimes.hpp"
#include "kernels/scan.hpp"

#if defined(__wasm__)
#define TEXLEX_EXPORTED(name) __attribute__((export_name(#name)))
#else
#define TEXLEX_EXPORTED(name)
#endif

using namespace texlex;

namespace {

// A window's tokens are those that start in so many words of the bitmap: what is derived of them stays in the cache.
constexpr uint32_t window_words = 256;
constexpr uint32_t window_tokens_max = window_words * 64 + 1; // and one where the document ends
constexpr uint32_t window_overrun = 64;                       // a kernel writes starts 64 at a time

/// Memory that is made larger where it has to be, and then what was in it is lost.
class block {
public:
  /// False: there is no memory, and the block has none any more.
  [[nodiscard]] bool reserve(uint64_t bytes) {
    if (at_ != nullptr && bytes <= bytes_) return true;
    std::free(at_);
    at_ = bytes > SIZE_MAX ? nullptr : std::malloc(static_cast<size_t>(bytes));
    bytes_ = bytes;
    return at_ != nullptr;
  }

  template <class Entry>
  [[nodiscard]] Entry* as() const {
    return static_cast<Entry*>(at_);
  }

private:
  void* at_ = nullptr;
  uint64_t bytes_ = 0;
};

/// A document and what a scan writes. Apart, as the allocator gives no two gigabytes at once.
struct {
  block document, kinds, start_bits, issues;
} room;

scan_cursor found; ///< by the last scan

/// Bits of what a window is to hold.
enum wanted : uint32_t { ends = 1, codes = 2, lines = 4, columns = 8, names = 16 };

using window_column = std::array<uint32_t, window_tokens_max + window_overrun>;
struct {
  window_column starts, ends, codes, lines, columns;
  window_column name_ends; ///< behind each token's name, counted from the window's first
  std::string names;
} window;

/// A document on its way from window to window.
struct derivation {
  scan_input input;
  const kernel* with;
  uint32_t token_count;
  uint32_t what;
  token_deriver deriver;
  position_counter counter;
  uint64_t word = 0;  ///< of the bitmap of starts: the next window's first
  uint32_t token = 0; ///< the next window's first
  token_text text = {};
};
std::optional<derivation> current;

const regime* regime_at(uint32_t index) { return find_regime(regime_names()[index]); }
const kernel* kernel_at(uint32_t index) { return find_kernel(kernel_names()[index]); }

uint64_t bits_in(const uint64_t* words, uint64_t count) {
  uint64_t bits = 0;
  for (uint64_t i = 0; i < count; ++i) bits += static_cast<uint64_t>(std::popcount(words[i]));
  return bits;
}

/// Where the next token starts that is not in this window, or the document's end.
uint32_t start_behind(const derivation& of) {
  const uint64_t words = start_words(of.input.document.size());
  const auto* const bits = room.start_bits.as<const uint64_t>();
  for (uint64_t word = of.word; word < words; ++word)
    if (bits[word] != 0) return static_cast<uint32_t>(word * 64 + static_cast<uint64_t>(std::countr_zero(bits[word])));
  return static_cast<uint32_t>(of.input.document.size());
}

/// The next window's starts; how many there are.
uint32_t expand_window(derivation& of) {
  const uint64_t words = start_words(of.input.document.size());
  const uint64_t count = std::min<uint64_t>(window_words, words - of.word);
  const auto* const bits = room.start_bits.as<const uint64_t>() + of.word;
  const auto tokens = static_cast<uint32_t>(bits_in(bits, count));
  of.with->expand_starts(bits, count * 64 - 1, window.starts.data());
  const auto base = static_cast<uint32_t>(of.word * 64);
  for (uint32_t i = 0; i < tokens; ++i) window.starts[i] += base;
  of.word += count;
  return tokens;
}

void derive_texts(derivation& of, uint32_t tokens) {
  window.names.clear();
  const bool source = of.input.view == token_view::source;
  const uint32_t behind = source ? start_behind(of) : 0;
  const auto* const kinds = room.kinds.as<const token_kind>() + of.token;
  for (uint32_t i = 0; i < tokens; ++i) {
    const token_kind kind = kinds[i];
    of.text.name.clear();
    if (!is_trivia(kind)) of.deriver.derive(kind, window.starts[i], of.text);
    // In the source view a token ends where the next begins.
    window.ends[i] = !source ? narrow(of.text.end) : i + 1 < tokens ? window.starts[i + 1] : behind;
    window.codes[i] = has_code(kind) ? of.text.code : 0;
    if ((of.what & wanted::names) != 0) window.names += of.text.name;
    window.name_ends[i] = narrow(window.names.size());
  }
}

void derive_places(derivation& of, uint32_t tokens) {
  for (uint32_t i = 0; i < tokens; ++i) {
    const text_position place = of.counter.at(window.starts[i]);
    window.lines[i] = narrow(place.line);
    window.columns[i] = narrow(place.column);
  }
}

} // namespace

// Where an allocation finds no memory the standard library, built without exceptions, would go on with a null pointer,
// and address 0 is memory like any other here.
void* operator new(size_t bytes) {
  void* const made = std::malloc(bytes == 0 ? 1 : bytes);
  if (made == nullptr) __builtin_trap();
  return made;
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, size_t) noexcept { std::free(made); }

extern "C" {

// Names end in a NUL; null behind the last.
TEXLEX_EXPORTED(regime_name) const char* regime_name(uint32_t index) {
  return index < regime_names().size() ? regime_names()[index].data() : nullptr;
}
TEXLEX_EXPORTED(kernel_name) const char* kernel_name(uint32_t index) {
  return index < kernel_names().size() ? kernel_names()[index].data() : nullptr;
}

/// The name of a kind of token, or "unknown".
TEXLEX_EXPORTED(kind_name) const char* kind_name(uint32_t kind) {
  return name_of(static_cast<token_kind>(kind)).data();
}
/// The name of a kind of issue, or "unknown".
TEXLEX_EXPORTED(issue_kind_name) const char* issue_kind_name(uint32_t kind) {
  return name_of(static_cast<issue_kind>(kind)).data();
}

/// Room for a document of so many bytes, its tokens, and so many issues, in place of what was there. Null: there is no
/// memory, and no room any more.
TEXLEX_EXPORTED(reserve) uint8_t* reserve(uint32_t document_bytes, uint32_t issues) {
  current.reset();
  const bool made = room.document.reserve(std::max<uint64_t>(document_bytes, 1))
                    && room.kinds.reserve(tokens_max(document_bytes))
                    && room.start_bits.reserve(sizeof(uint64_t) * start_words(document_bytes))
                    && room.issues.reserve(sizeof(issue) * std::max<uint64_t>(issues, 1));
  return made ? room.document.as<uint8_t>() : nullptr;
}
TEXLEX_EXPORTED(kinds) uint8_t* kinds_at() { return room.kinds.as<uint8_t>(); }
TEXLEX_EXPORTED(start_bits) uint64_t* start_bits_at() { return room.start_bits.as<uint64_t>(); }
TEXLEX_EXPORTED(issues) issue* issues_at() { return room.issues.as<issue>(); }

/// Scans the document that lies in the room, with as many issues as room was asked for; how many tokens there are.
TEXLEX_EXPORTED(scan)
uint32_t scan(uint32_t document_bytes, uint32_t regime, uint32_t view, uint32_t kernel, uint32_t issues) {
  const std::span<const uint8_t> document{room.document.as<uint8_t>(), document_bytes};
  found = {};
  run_scan(*kernel_at(kernel), {document, regime_at(regime), static_cast<token_view>(view)}, found,
           {.kinds = room.kinds.as<token_kind>(),
            .starts = nullptr,
            .issues = {room.issues.as<issue>(), issues},
            .start_bits = room.start_bits.as<uint64_t>()});
  return static_cast<uint32_t>(found.token_count);
}
/// Of the last scan; those behind 2^32 - 1 are not counted.
TEXLEX_EXPORTED(issue_count) uint32_t issue_count() { return narrow(found.issue_count); }

/// Begins to derive `what` of the document, the kinds and the bitmap of starts that lie in the room.
TEXLEX_EXPORTED(begin_window)
void begin_window(uint32_t document_bytes, uint32_t token_count, uint32_t regime, uint32_t view, uint32_t kernel,
                  uint32_t unit, uint32_t what) {
  const std::span<const uint8_t> document{room.document.as<uint8_t>(), document_bytes};
  const texlex::regime* const rules = regime_at(regime);
  current.emplace(derivation{.input = {document, rules, static_cast<token_view>(view)},
                             .with = kernel_at(kernel),
                             .token_count = token_count,
                             .what = what,
                             .deriver = {document, *rules},
                             .counter = {document, rules->encoding, static_cast<column_unit>(unit)}});
}

/// Goes to the next window that has tokens; how many it has, 0: there is none.
TEXLEX_EXPORTED(next_window) uint32_t next_window() {
  uint32_t tokens = 0;
  while (current && tokens == 0 && current->token < current->token_count) tokens = expand_window(*current);
  if (tokens == 0) return 0;
  if ((current->what & (wanted::ends | wanted::codes | wanted::names)) != 0) derive_texts(*current, tokens);
  if ((current->what & (wanted::lines | wanted::columns)) != 0) derive_places(*current, tokens);
  current->token += tokens;
  return tokens;
}
TEXLEX_EXPORTED(window_starts) uint32_t* window_starts() { return window.starts.data(); }
TEXLEX_EXPORTED(window_ends) uint32_t* window_ends() { return window.ends.data(); }
TEXLEX_EXPORTED(window_codes) uint32_t* window_codes() { return window.codes.data(); }
TEXLEX_EXPORTED(window_lines) uint32_t* window_lines() { return window.lines.data(); }
TEXLEX_EXPORTED(window_columns) uint32_t* window_columns() { return window.columns.data(); }
TEXLEX_EXPORTED(window_name_ends) uint32_t* window_name_ends() { return window.name_ends.data(); }
TEXLEX_EXPORTED(window_names) const char* window_names() { return window.names.data(); }

} // extern "C"
