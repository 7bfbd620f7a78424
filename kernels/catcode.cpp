#include "kernels/catcode.hpp"

#include <algorithm>

namespace texlex {
namespace {

constexpr size_t uniform_page_count = 16;

} // namespace

catcode_table::catcode_table() : pages_(uniform_page_count) {
  for (size_t code = 0; code < uniform_page_count; ++code) pages_[code].fill(static_cast<catcode>(code));
  page_of_.fill(static_cast<uint16_t>(catcode::other));
  ascii_.fill(catcode::other);
}

catcode_table::catcode_table(std::span<const catcode_range> ranges) : catcode_table() {
  for (const auto& range : ranges) set(range);
}

catcode_table::page& catcode_table::own_page(size_t number) {
  uint16_t& index = page_of_[number];
  if (index < uniform_page_count) {
    pages_.push_back(page{pages_[index]});
    index = static_cast<uint16_t>(pages_.size() - 1);
  }
  return pages_[index];
}

void catcode_table::set(char32_t character, catcode code) { set({character, character, static_cast<uint8_t>(code)}); }

void catcode_table::set(const catcode_range& range) {
  const char32_t last = std::min(range.last, code_point_max);
  const auto code = static_cast<catcode>(range.code);
  for (char32_t first = range.first; first <= last;) {
    const size_t number = first >> 8;
    const auto page_last = static_cast<char32_t>((number << 8) | 0xFF);
    const bool whole_page = (first & 0xFF) == 0 && last >= page_last;
    if (whole_page && page_of_[number] < uniform_page_count) {
      page_of_[number] = range.code;
    } else {
      page& target = own_page(number);
      const char32_t stop = std::min(last, page_last);
      std::fill(target.begin() + (first & 0xFF), target.begin() + (stop & 0xFF) + 1, code);
    }
    first = page_last + 1;
  }
  std::copy_n(pages_[page_of_[0]].begin(), ascii_.size(), ascii_.begin());
}

} // namespace texlex
