#include "actors/server/cluster_lines.hpp"

#include <iterator>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "config/shown_text.hpp"
#include "runtime/limits.hpp"

namespace texlex {
namespace {

// Between the quotes of a label. What comes from another machine may be anything.
std::string label(std::string_view text) {
  std::string escaped;
  for (const char c : shown_text(text)) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

class peer_lines {
public:
  explicit peer_lines(const peer_report& peer) : name_(label(peer.name)) {
    add_text(
      fmt::format("info{{peer=\"{}\",address=\"{}\",zone=\"{}\"}}", name_, label(peer.address), label(peer.zone)), 1);
    for (const std::string_view state : peer_state_names)
      add_text(fmt::format("state{{peer=\"{}\",state=\"{}\"}}", name_, state), name_of(peer.state) == state ? 1 : 0);
    if (peer.state == peer_state::refused)
      add_text(fmt::format("refused_reason{{peer=\"{}\",reason=\"{}\"}}", name_, label(peer.reason)), 1);
    add("attempts_in_flight", peer.attempts_in_flight);
    add("attempts_granted", peer.attempts_granted);
    add("capacity", peer.capacity);
    add("latency_seconds_per_kib", peer.latency_us_per_kib / 1e6);
    add("ejections_total", peer.ejections);
    add("attempts_given_total", peer.attempts_given);
    add("attempts_answered_total", peer.attempts_answered);
    add("attempts_handed_back_total", peer.attempts_handed_back);
    add("attempts_lost_total", peer.attempts_lost);
    add("bytes_given_total", peer.bytes_given);
    add("connects_total", peer.connects);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

private:
  template <class Number>
  void add(std::string_view name, Number value) {
    add_text(fmt::format("{}{{peer=\"{}\"}}", name, name_), value);
  }

  template <class Number>
  void add_text(std::string_view name, Number value) {
    fmt::format_to(std::back_inserter(text_), "texlexd_peer_{} {}\n", name, value);
  }

  std::string name_;
  std::string text_;
};

} // namespace

std::string cluster_lines(const cluster_report* cluster) {
  if (cluster == nullptr) return {};
  std::string text =
    fmt::format("texlexd_cluster_info{{node=\"{}\",cluster=\"{}\"}} 1\n"
                "texlexd_cluster_draining {}\n"
                "texlexd_cluster_lent_attempts_running {}\n"
                "texlexd_cluster_lent_attempts_answered_total {}\n"
                "texlexd_cluster_peers {}\n",
                label(cluster->node), label(cluster->cluster), cluster->draining ? 1 : 0,
                cluster->lent_attempts_running, cluster->lent_attempts_answered, cluster->peers.size());
  for (const peer_report& peer : cluster->peers) {
    const peer_lines lines{peer};
    if (text.size() + lines.text().size() > limits::stats_cluster_bytes_max) break;
    text += lines.text();
  }
  return text;
}

} // namespace texlex
