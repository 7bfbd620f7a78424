#include "clients/cli/json_text.hpp"

#include <iterator>

#include "kernels/utf8.hpp"

namespace texlex::cli {

std::string json_string(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  std::string json{'"'};
  for (size_t i = 0; i < text.size();) {
    const uint8_t byte = bytes[i];
    if (byte >= 0x80) {
      const auto character = decode_multibyte(bytes + i, text.size() - i);
      append_utf8(json, character.code);
      i += character.bytes;
      continue;
    }
    if (byte == '"' || byte == '\\') json += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", byte);
    } else {
      json += static_cast<char>(byte);
    }
    ++i;
  }
  json += '"';
  return json;
}

void append_json_string(fmt::memory_buffer& out, std::string_view text) {
  out.append(std::string_view{json_string(text)});
}

} // namespace texlex::cli
