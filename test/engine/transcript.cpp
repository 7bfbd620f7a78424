#include "test/engine/transcript.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <spdlog/fmt/fmt.h>

#include "kernels/derive.hpp"
#include "test/support/token_list.hpp"

namespace texlex::test {
namespace {

constexpr size_t characters_per_line_max = 200;

bool is_escaped(char32_t code) {
  const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < 0x21 || (code >= 0x7F && code <= 0xA0) || code == '\\' || code == 0xAD || code == 0xFEFF || noncharacter
         || surrogate;
}

void append_character(std::string& text, char32_t code) {
  if (is_escaped(code)) {
    text += fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(code));
  } else {
    append_utf8(text, code);
  }
}

// A name as the engine's Lua interface tells it: it ends names at a NUL.
std::string escaped_name(std::string_view utf8) {
  std::string text;
  const auto bytes = bytes_of(utf8.substr(0, utf8.find('\0')));
  for (size_t i = 0; i < bytes.size();) {
    if (bytes[i] < 0x80) {
      append_character(text, bytes[i++]);
      continue;
    }
    const auto character = decode_multibyte(bytes.data() + i, bytes.size() - i);
    append_character(text, character.code);
    i += character.bytes;
  }
  return text;
}

[[noreturn]] void fail(const std::string& path, size_t line, const std::string& why) {
  throw std::runtime_error{fmt::format("{}:{}: {}", path, line, why)};
}

std::ifstream open(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{path + ": cannot be read"};
  return file;
}

std::string unescape(std::string_view text, const std::string& path, size_t line) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char what = i + 1 < text.size() ? text[++i] : '\0';
    switch (what) {
      case 'n': bytes += '\n'; break;
      case 'r': bytes += '\r'; break;
      case 't': bytes += '\t'; break;
      case '\\': bytes += '\\'; break;
      case 'x':
        if (i + 2 >= text.size()) fail(path, line, "\\x without two digits");
        bytes += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
        i += 2;
        break;
      default: fail(path, line, "an escape that is none of \\n \\r \\t \\\\ \\xHH");
    }
  }
  return bytes;
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream in{line};
  return {std::istream_iterator<std::string>{in}, {}};
}

} // namespace

std::string transcript_of(std::span<const uint8_t> document, const regime& regime, const kernel& kernel) {
  const auto tokens = scan({reinterpret_cast<const char*>(document.data()), document.size()}, regime, token_view::tex,
                           UINT32_MAX, kernel);
  token_deriver deriver{document, regime};
  token_text token;
  std::string text;
  auto run_kind = token_kind::control_sequence; // of the line of characters that is being written, if one is
  size_t run_length = 0;
  const auto end_run = [&] {
    if (run_length > 0) text += '\n';
    run_length = 0;
  };
  for (size_t i = 0; i < tokens.kinds.size(); ++i) {
    const token_kind kind = tokens.kinds[i];
    deriver.derive(kind, tokens.starts[i], token);
    if (kind == token_kind::paragraph) token.name = "par";
    if (kind == token_kind::control_sequence || kind == token_kind::paragraph) {
      end_run();
      text += "0\t" + escaped_name(token.name) + "\n";
      continue;
    }
    if (kind != run_kind || run_length == characters_per_line_max) end_run();
    if (run_length == 0) text += std::string{name_of(kind)} + "\t";
    append_character(text, token.code);
    run_kind = kind;
    ++run_length;
  }
  end_run();
  return text;
}

std::vector<recorded_tokens> read_transcript(const std::string& path) {
  auto file = open(path);
  std::vector<recorded_tokens> sections;
  std::string line;
  std::string case_name;
  if (!std::getline(file, line) || line != "# texlex token transcript 1") fail(path, 1, "not a token transcript");
  for (size_t number = 2; std::getline(file, line); ++number) {
    if (line.starts_with("@ ")) {
      case_name = line.substr(2);
    } else if (line.starts_with("= ")) {
      sections.push_back({case_name, words(line.substr(2)), {}});
    } else if (sections.empty()) {
      fail(path, number, "a token line before the first regime");
    } else {
      sections.back().lines += line + "\n";
    }
  }
  return sections;
}

std::string first_difference(std::string_view recorded, std::string_view ours) {
  if (recorded == ours) return {};
  std::istringstream left{std::string{recorded}};
  std::istringstream right{std::string{ours}};
  std::string expected;
  std::string actual;
  for (size_t number = 1;; ++number) {
    const bool more_left = static_cast<bool>(std::getline(left, expected));
    const bool more_right = static_cast<bool>(std::getline(right, actual));
    if (more_left && more_right && expected == actual) continue;
    return fmt::format("token line {}: the engine has {}, texlex has {}", number,
                       more_left ? '"' + expected + '"' : "nothing more",
                       more_right ? '"' + actual + '"' : "nothing more");
  }
}

std::vector<small_case> read_cases(const std::string& path) {
  auto file = open(path);
  std::vector<small_case> cases;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) fail(path, number, "no tab between name and bytes");
    cases.push_back({line.substr(0, tab), unescape(std::string_view{line}.substr(tab + 1), path, number)});
  }
  return cases;
}

std::string read_file(const std::string& path) {
  auto file = open(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace texlex::test
