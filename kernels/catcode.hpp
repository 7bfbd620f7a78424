// Category codes and the table that gives one to every character (The TeXbook, chapter 7).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace texlex {

/// TeX's sixteen category codes.
enum class catcode : uint8_t {
  escape = 0,
  begin_group = 1,
  end_group = 2,
  math_shift = 3,
  alignment_tab = 4,
  end_of_line = 5,
  parameter = 6,
  superscript = 7,
  subscript = 8,
  ignored = 9,
  space = 10,
  letter = 11,
  other = 12,
  active = 13,
  comment = 14,
  invalid = 15,
};

inline constexpr char32_t code_point_max = 0x10FFFF;

/// A run of characters that share a category code; both ends belong to it.
struct catcode_range {
  char32_t first;
  char32_t last;
  uint8_t code;
};

/// The category code of every code point: an index of 4352 pages of 256 characters. The first sixteen pages are
/// uniform, one for each code, and shared; any other belongs to one place of the index. A value type: copy it, change
/// the copy.
class catcode_table {
public:
  /// Every character `other`.
  catcode_table();

  /// `other` except for the ranges, later ones over earlier ones. Ranges beyond U+10FFFF are cut off there.
  explicit catcode_table(std::span<const catcode_range> ranges);

  /// The category code of a character. A code above U+10FFFF is `invalid`.
  [[nodiscard]] catcode operator[](char32_t character) const noexcept {
    if (character < 128) return ascii_[character];
    if (character > code_point_max) return catcode::invalid;
    return pages_[page_of_[character >> 8]][character & 0xFF];
  }

  /// The table as plain memory, for kernels: valid until the table changes or goes.
  struct layout {
    const uint8_t* ascii;    ///< 128 categories
    const uint16_t* page_of; ///< the category of a code is pages[page_of[code >> 8]][code & 0xFF]
    const uint8_t (*pages)[256];
  };
  [[nodiscard]] layout memory() const noexcept {
    return {reinterpret_cast<const uint8_t*>(ascii_.data()), page_of_.data(),
            reinterpret_cast<const uint8_t(*)[256]>(pages_.data())};
  }

  /// Changes one character. Codes above U+10FFFF are left alone.
  void set(char32_t character, catcode code);

  /// Changes a run of characters.
  void set(const catcode_range& range);

private:
  using page = std::array<catcode, 256>;
  static constexpr size_t page_count = (code_point_max >> 8) + 1;

  page& own_page(size_t number);

  std::array<catcode, 128> ascii_; ///< page 0's first half once more: most of any document, one load away
  std::array<uint16_t, page_count> page_of_;
  std::vector<page> pages_;
};

} // namespace texlex
