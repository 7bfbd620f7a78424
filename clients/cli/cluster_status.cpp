#include "clients/cli/cluster_status.hpp"

#include <charconv>
#include <map>

#include "clients/cli/stats_lines.hpp"

namespace texlex::cli {
namespace {

template <class Number>
Number number_of(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end ? value : Number{};
}

struct peer_figure {
  std::string_view name;
  uint64_t peer_status::*field;
};

constexpr peer_figure peer_figures[] = {
  {"texlexd_peer_attempts_in_flight", &peer_status::attempts_in_flight},
  {"texlexd_peer_attempts_granted", &peer_status::attempts_granted},
  {"texlexd_peer_capacity", &peer_status::capacity},
  {"texlexd_peer_ejections_total", &peer_status::ejections},
  {"texlexd_peer_attempts_given_total", &peer_status::attempts_given},
  {"texlexd_peer_attempts_answered_total", &peer_status::attempts_answered},
  {"texlexd_peer_attempts_handed_back_total", &peer_status::attempts_handed_back},
  {"texlexd_peer_attempts_lost_total", &peer_status::attempts_lost},
  {"texlexd_peer_bytes_given_total", &peer_status::bytes_given},
  {"texlexd_peer_connects_total", &peer_status::connects},
};

class status_reader {
public:
  void read(const stats_line& line) {
    if (line.name.starts_with("texlexd_cluster_")) read_cluster(line);
    if (line.name.starts_with("texlexd_peer_") && !line.label("peer").empty()) read_peer(line, peer(line));
  }

  std::optional<cluster_status> take() { return has_cluster_ ? std::optional{std::move(cluster_)} : std::nullopt; }

private:
  void read_cluster(const stats_line& line) {
    if (line.name == "texlexd_cluster_info") {
      has_cluster_ = true;
      cluster_.node = line.label("node");
      cluster_.cluster = line.label("cluster");
    }
    if (line.name == "texlexd_cluster_draining") cluster_.draining = line.value == "1";
    if (line.name == "texlexd_cluster_lent_attempts_running")
      cluster_.lent_attempts_running = number_of<uint64_t>(line.value);
    if (line.name == "texlexd_cluster_lent_attempts_answered_total")
      cluster_.lent_attempts_answered = number_of<uint64_t>(line.value);
    if (line.name == "texlexd_cluster_peers") cluster_.peers_known = number_of<uint64_t>(line.value);
  }

  static void read_peer(const stats_line& line, peer_status& peer) {
    if (line.name == "texlexd_peer_info") {
      peer.address = line.label("address");
      peer.zone = line.label("zone");
    }
    if (line.name == "texlexd_peer_state" && line.value == "1") peer.state = line.label("state");
    if (line.name == "texlexd_peer_refused_reason") peer.reason = line.label("reason");
    if (line.name == "texlexd_peer_latency_seconds_per_kib")
      peer.latency_us_per_kib = number_of<double>(line.value) * 1e6;
    for (const peer_figure& figure : peer_figures)
      if (line.name == figure.name) peer.*figure.field = number_of<uint64_t>(line.value);
  }

  peer_status& peer(const stats_line& line) {
    const auto [found, is_new] = places_.try_emplace(std::string{line.label("peer")}, cluster_.peers.size());
    if (is_new) cluster_.peers.emplace_back().name = found->first;
    return cluster_.peers[found->second];
  }

  bool has_cluster_ = false;
  cluster_status cluster_;
  std::map<std::string, size_t> places_; ///< by name
};

} // namespace

std::optional<cluster_status> read_cluster_status(std::string_view stats) {
  status_reader reader;
  while (!stats.empty()) {
    const size_t end = stats.find('\n');
    if (const auto line = read_stats_line(stats.substr(0, end))) reader.read(*line);
    stats.remove_prefix(end == std::string_view::npos ? stats.size() : end + 1);
  }
  return reader.take();
}

} // namespace texlex::cli
