#include "config/shown_text.hpp"

#include <iterator>

#include <spdlog/fmt/fmt.h>

namespace texlex {

std::string shown_text(std::string_view text) {
  constexpr size_t bytes_max = 240;
  std::string shown;
  for (const char c : text.substr(0, bytes_max)) {
    if (c >= ' ' && c <= '~')
      shown += c;
    else
      fmt::format_to(std::back_inserter(shown), "\\x{:02X}", static_cast<unsigned char>(c));
  }
  return text.size() > bytes_max ? shown + "..." : shown;
}

} // namespace texlex
