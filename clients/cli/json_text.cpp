#include "clients/cli/json_text.hpp"

#include <iterator>

namespace texlex::cli {

void append_json_string(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(character);
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(character);
    }
  }
  out.push_back('"');
}

} // namespace texlex::cli
