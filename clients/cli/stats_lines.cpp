#include "clients/cli/stats_lines.hpp"

#include <algorithm>

namespace texlex::cli {
namespace {

// Behind the opening quote; takes what it reads, and the closing quote, off the text.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string taken;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return taken;
    if (c == '\\') {
      if (text.empty()) return std::nullopt;
      c = text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    }
    taken += c;
  }
  return std::nullopt;
}

// Behind the opening brace; takes all labels, and the closing brace, off the text.
bool take_labels(std::string_view& text, stats_line& line) {
  while (!text.empty() && text.front() != '}') {
    const size_t quote = text.find("=\"");
    if (quote == std::string_view::npos || quote == 0) return false;
    const std::string_view name = text.substr(0, quote);
    text.remove_prefix(quote + 2);
    auto value = take_quoted(text);
    if (!value) return false;
    line.labels.emplace_back(name, std::move(*value));
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  if (text.empty()) return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

std::string_view stats_line::label(std::string_view wanted) const {
  const auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& each) { return each.first == wanted; });
  return found == labels.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<stats_line> read_stats_line(std::string_view text) {
  stats_line line;
  const size_t end = text.find_first_of("{ ");
  if (end == std::string_view::npos || end == 0 || text.front() == '#') return std::nullopt;
  line.name = text.substr(0, end);
  text.remove_prefix(end);
  if (text.front() == '{') {
    text.remove_prefix(1);
    if (!take_labels(text, line)) return std::nullopt;
  }
  if (text.size() < 2 || text.front() != ' ') return std::nullopt;
  line.value = text.substr(1);
  return line;
}

} // namespace texlex::cli
