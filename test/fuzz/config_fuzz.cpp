// Any text as a file with settings: each error is one printable line that begins with where it is, one about a value
// names its key, and settings that hold are read back as they are printed.
//
// The first byte chooses: the text as it is; lines made of keys there are and values there may be, three bytes each; or
// the printed defaults, changed, by two bytes for the place and one for what is put there.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

using namespace texlex;

namespace {

void require(bool condition, const char* what, std::string_view about) {
  if (condition) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(about.size()), about.data());
  std::abort();
}

constexpr std::array<std::string_view, 27> values{"0",
                                                  "1",
                                                  "-1",
                                                  "4294967295",
                                                  "4294967296",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "9223372036854775808",
                                                  "0o777",
                                                  "0xFF",
                                                  "1.5",
                                                  "nan",
                                                  "true",
                                                  "false",
                                                  "1979-05-27",
                                                  "\"text\"",
                                                  "\"\"",
                                                  "\"a\\nb\\u001B[2J\"",
                                                  "\"\\u0000\"",
                                                  "'\\'",
                                                  "[0, 1, 2]",
                                                  "[]",
                                                  "[1, \"a\"]",
                                                  "[\"a:1\", \"\\u0000\"]",
                                                  "\"127.0.0.1:1\"",
                                                  "\"[::]:0\"",
                                                  "{ a = 1 }"};

/// One line of settings. One key in eight is none.
std::string line_from(uint8_t which, uint8_t how, uint8_t what) {
  const auto rows = schema();
  const field& row = rows[which % rows.size()];
  const std::string_view key = how % 8 == 0 ? (how % 16 == 0 ? "\"no\\nkey\"" : "\"\\u202E\"") : row.key;
  std::string made;
  if (how % 3 != 0) (made += how % 5 == 0 ? "\n[server." : "\n[").append(row.section) += "]\n";
  return made.append(key).append(" = ").append(values[what % values.size()]).append("\n");
}

std::string text_from(const uint8_t* data, size_t size) {
  if (size == 0) return {};
  if (data[0] % 3 == 0) return {data + 1, data + size};
  std::string made = data[0] % 3 == 1 ? "" : to_toml(settings{});
  for (size_t at = 1; at + 3 <= size; at += 3) {
    if (data[0] % 3 == 1)
      made += line_from(data[at], data[at + 1], data[at + 2]);
    else
      made[(data[at] + 256u * data[at + 1]) % made.size()] = static_cast<char>(data[at + 2]);
  }
  return made;
}

bool names_a_key(std::string_view error) {
  const auto rows = schema();
  return std::any_of(rows.begin(), rows.end(), [&](const field& row) {
    return error.find(std::string{row.section} + "." + std::string{row.key}) != error.npos;
  });
}

void require_sentence(std::string_view error) {
  require(error.ends_with('.') && error.size() < 2000, "an error is a sentence", error);
  require(std::none_of(error.begin(), error.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }),
          "an error is a line", error);
}

void check_errors(const std::vector<std::string>& errors) {
  for (const std::string_view error : errors) {
    require(error.starts_with("text:") && error.size() > 5 && std::isdigit(static_cast<unsigned char>(error[5])) != 0,
            "an error begins with where it is", error);
    require_sentence(error);
    if (error.find(" must be ") != error.npos) require(names_a_key(error), "an error names its key", error);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  settings loaded;
  const auto errors = load_toml_text(text_from(data, size), "text", loaded);
  check_errors(errors);
  for (const std::string& error : check(loaded)) {
    require(names_a_key(error), "an error names its key", error);
    require_sentence(error);
  }
  settings again;
  const std::string printed = to_toml(loaded);
  const auto none = load_toml_text(printed, "printed", again);
  require(none.empty(), "what is printed is read", none.empty() ? "" : none.front());
  require(to_toml(again) == printed, "what is printed is read back as it is", printed);
  return 0;
}
