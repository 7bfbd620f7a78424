#include "clients/cli/bench/server_figures.hpp"

#include <charconv>

namespace texlex::load {
namespace {

constexpr uint64_t question_id = 1;

} // namespace

server_figures::server_figures(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t space = line.rfind(' '); // a label may hold spaces
    if (space == std::string_view::npos || space == 0 || line.front() == '#') continue;
    double value = 0;
    const char* const line_end = line.data() + line.size();
    const auto [stopped, error] = std::from_chars(line.data() + space + 1, line_end, value);
    if (error == std::errc{} && stopped == line_end)
      values_.insert_or_assign(std::string{line.substr(0, space)}, value);
  }
}

std::optional<double> server_figures::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<double> figures_of_run::growth(std::string_view name) const {
  const auto first = before ? before->find(name) : std::nullopt;
  const auto now = last(name);
  if (!first || !now) return std::nullopt;
  return *now - *first;
}

std::optional<double> figures_of_run::mean(std::string_view name) const {
  const auto sum = growth(std::string{name} + "_sum");
  const auto count = growth(std::string{name} + "_count");
  if (!sum || !count || *count <= 0) return std::nullopt;
  return *sum / *count;
}

std::optional<double> figures_of_run::last(std::string_view name) const {
  return after ? after->find(name) : std::nullopt;
}

std::variant<std::optional<server_figures>, client_error> ask_figures(const std::string& address,
                                                                      client::timeout limit) {
  auto connected = client::connect(address, limit);
  if (auto* error = std::get_if<client_error>(&connected)) return std::move(*error);
  const auto told = std::get<client>(connected).ask_stats(question_id);
  if (const auto* text = std::get_if<std::string>(&told)) return std::optional{server_figures{*text}};
  return std::optional<server_figures>{};
}

} // namespace texlex::load
