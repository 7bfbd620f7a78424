// Prints the golden vectors (README.md) as the reference kernel and the derivations beside it make them. Nothing of the
// library's interface has a part in it, so that a test of that interface is held to something else than itself.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/regimes.hpp"
#include "test/golden/documents.hpp"
#include "test/support/token_list.hpp"

namespace {

using namespace texlex;
using namespace texlex::golden;

std::string base64_of(std::string_view bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = i; j < i + 3; ++j) group = group << 8 | (j < bytes.size() ? static_cast<uint8_t>(bytes[j]) : 0u);
    for (size_t digit = 0; digit < 4; ++digit)
      result += i + digit <= bytes.size() ? digits[group >> (18 - 6 * digit) & 63] : '=';
  }
  return result;
}

// Names are UTF-8, so that only what JSON wants escaped is.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    const auto byte = static_cast<uint8_t>(character);
    if (byte < 0x20 || byte == 0x7F) {
      char escaped[7];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      result += escaped;
    } else {
      if (character == '"' || character == '\\') result += '\\';
      result += character;
    }
  }
  return result + '"';
}

// The entries of one array in JSON.
class json_array {
public:
  void add(uint64_t number) { add_text(std::to_string(number)); }
  void add(std::string_view name) { add_text(quoted(name)); }
  [[nodiscard]] std::string text() const { return "[" + entries_ + "]"; }

private:
  void add_text(const std::string& entry) {
    if (!entries_.empty()) entries_ += ',';
    entries_ += entry;
  }

  std::string entries_;
};

struct columns {
  json_array kinds, starts, ends, codes, lines, columns, names;
};

std::string_view unit_name(column_unit unit) {
  switch (unit) {
    case column_unit::bytes: return "bytes";
    case column_unit::code_points: return "code_points";
    case column_unit::utf16_units: return "utf16";
  }
  return "";
}

columns columns_of(const std::string& document, const regime& rules, const reading& how, const test::scanned& found) {
  token_deriver deriver{test::bytes_of(document), rules};
  position_counter counter{test::bytes_of(document), rules.encoding, how.unit};
  columns result;
  for (size_t i = 0; i < found.kinds.size(); ++i) {
    const token_kind kind = found.kinds[i];
    const uint64_t start = found.starts[i];
    token_text text;
    if (!is_trivia(kind)) deriver.derive(kind, start, text);
    // In the source view every byte belongs to a token, so that one reaches to the next.
    if (how.view == token_view::source) text.end = i + 1 < found.starts.size() ? found.starts[i + 1] : document.size();
    const bool is_character = kind != token_kind::control_sequence && kind < token_kind::paragraph;
    const auto place = counter.at(start);
    result.kinds.add(static_cast<uint64_t>(kind));
    result.starts.add(start);
    result.ends.add(text.end);
    result.codes.add(is_character ? static_cast<uint64_t>(text.code) : 0);
    result.lines.add(place.line);
    result.columns.add(place.column);
    result.names.add(std::string_view{text.name});
  }
  return result;
}

std::string vector_of(const golden_document& document, const reading& how) {
  const regime& rules = *find_regime(how.regime);
  const test::scanned found = test::scan(document.bytes, rules, how.view);
  const columns told = columns_of(document.bytes, rules, how, found);
  json_array issue_kinds, issue_offsets;
  for (size_t i = 0; i < found.issues.size() && i < how.issues_max; ++i) {
    issue_kinds.add(static_cast<uint64_t>(found.issues[i].kind));
    issue_offsets.add(found.issues[i].offset);
  }
  std::string result = "{\n\"name\": " + quoted(document.name);
  const auto add = [&result](std::string_view key, const std::string& value) {
    result.append(",\n\"").append(key).append("\": ").append(value);
  };
  add("regime", quoted(how.regime));
  add("view", how.view == token_view::tex ? "\"tex\"" : "\"source\"");
  add("column_unit", quoted(unit_name(how.unit)));
  add("issues_max", std::to_string(how.issues_max));
  add("document", quoted(base64_of(document.bytes)));
  add("kinds", told.kinds.text());
  add("starts", told.starts.text());
  add("ends", told.ends.text());
  add("codes", told.codes.text());
  add("lines", told.lines.text());
  add("columns", told.columns.text());
  add("names", told.names.text());
  add("issue_count", std::to_string(found.issue_count));
  add("issue_kinds", issue_kinds.text());
  add("issue_offsets", issue_offsets.text());
  return result + "\n}";
}

} // namespace

int main() {
  std::string text;
  for (const golden_document& document : golden_documents())
    for (const reading& how : document.readings) text += (text.empty() ? "[\n" : ",\n") + vector_of(document, how);
  text += "\n]\n";
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  std::perror("make_vectors: cannot write the vectors");
  return 1;
}
