#include "test/simulation/journal.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace texlex::simulation {
namespace {

constexpr int column_px = 170, row_px = 22, head_px = 40, margin_px = 90;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

} // namespace

double journal::ms(const entry& one) const {
  return std::chrono::duration<double, std::milli>{one.at - entries_.front().at}.count();
}

std::string journal::lines() const {
  std::string out;
  for (const entry& each : entries_)
    out += each.from == each.to ? fmt::format("{:10.3f}  {}: {}\n", ms(each), each.from, each.text)
                                : fmt::format("{:10.3f}  {} -> {}: {}\n", ms(each), each.from, each.to, each.text);
  return out;
}

std::string journal::svg() const {
  std::vector<std::string> people;
  const auto column = [&](const std::string& who) {
    const auto found = std::find(people.begin(), people.end(), who);
    if (found == people.end()) people.push_back(who);
    return margin_px + column_px / 2
           + column_px * static_cast<int>((found == people.end() ? people.end() - 1 : found) - people.begin());
  };
  std::string rows;
  int y = head_px + row_px;
  for (const entry& each : entries_) {
    const int from = column(each.from), to = column(each.to);
    rows += fmt::format("<text x='4' y='{}' class='t'>{:.3f} ms</text>", y, ms(each));
    if (from == to)
      rows += fmt::format("<circle cx='{}' cy='{}' r='3'/><text x='{}' y='{}'>{}</text>\n", from, y - 4, from + 6, y,
                          escaped(each.text));
    else
      rows += fmt::format("<line x1='{0}' y1='{2}' x2='{1}' y2='{2}' marker-end='url(#a)'/>"
                          "<text x='{3}' y='{4}' text-anchor='middle'>{5}</text>\n",
                          from, to, y, (from + to) / 2, y - 4, escaped(each.text));
    y += row_px;
  }
  std::string out = fmt::format(
    "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' font-family='sans-serif' font-size='10'>\n"
    "<defs><marker id='a' markerWidth='6' markerHeight='6' refX='6' refY='3' orient='auto'>"
    "<path d='M0,0 L6,3 L0,6 z'/></marker></defs>\n"
    "<style>line{{stroke:#333}}.l{{stroke:#bbb;stroke-dasharray:3}}.t{{fill:#777}}</style>\n",
    margin_px + column_px * static_cast<int>(std::max<size_t>(people.size(), 1)), y + row_px);
  for (const std::string& who : std::vector<std::string>{people}) {
    const int x = column(who);
    out += fmt::format("<text x='{0}' y='20' text-anchor='middle' font-weight='bold'>{1}</text>"
                       "<line class='l' x1='{0}' y1='28' x2='{0}' y2='{2}'/>\n",
                       x, escaped(who), y);
  }
  return out + rows + "</svg>\n";
}

} // namespace texlex::simulation
