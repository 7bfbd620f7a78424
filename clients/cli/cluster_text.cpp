// How a cluster's status is written.
#include "clients/cli/cluster_status.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/escaped_text.hpp"
#include "clients/cli/json_text.hpp"

namespace texlex::cli {
namespace {

constexpr size_t columns = 12;
using table_row = std::array<std::string, columns>;

enum class align : uint8_t { left, right };

// Text to the left, figures to the right.
constexpr std::array<align, columns> alignment{align::left,  align::left,  align::left,  align::left,
                                               align::right, align::right, align::right, align::right,
                                               align::right, align::right, align::right, align::left};

std::string shown(const std::string& text) { return text.empty() ? "-" : escape_file_name(text); }

table_row row_of(const peer_status& peer) {
  return {shown(peer.name),
          shown(peer.address),
          shown(peer.zone),
          shown(peer.state),
          fmt::format("{}/{}", peer.attempts_in_flight, peer.attempts_granted),
          peer.latency_us_per_kib > 0 ? fmt::format("{:.1f}", peer.latency_us_per_kib) : "-",
          std::to_string(peer.attempts_given),
          std::to_string(peer.attempts_answered),
          std::to_string(peer.attempts_handed_back),
          std::to_string(peer.attempts_lost),
          std::to_string(peer.ejections),
          shown(peer.reason)};
}

// Characters, as far as a terminal shows one in the place of each code point.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string aligned(const std::vector<table_row>& rows) {
  std::array<size_t, columns> widths{};
  for (const table_row& row : rows)
    for (size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  for (const table_row& row : rows) {
    for (size_t i = 0; i < columns; ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      const bool is_last = i + 1 == columns;
      if (i > 0) text += "  ";
      text += alignment[i] == align::right ? padding + row[i] : row[i] + (is_last ? "" : padding);
    }
    text += '\n';
  }
  return text;
}

std::string plural(uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

} // namespace

std::string cluster_table(const cluster_status& cluster) {
  std::string text =
    fmt::format("node {} of cluster {}{}: {}; runs {} for others, {} answered\n", shown(cluster.node),
                shown(cluster.cluster), cluster.draining ? ", draining" : "", plural(cluster.peers_known, "other node"),
                plural(cluster.lent_attempts_running, "attempt"), cluster.lent_attempts_answered);
  if (cluster.peers.empty()) return text;
  std::vector<table_row> rows{{"NAME", "ADDRESS", "ZONE", "STATE", "IN FLIGHT", "US/KIB", "GIVEN", "ANSWERED",
                               "HANDED BACK", "LOST", "EJECTIONS", "REASON"}};
  std::transform(cluster.peers.begin(), cluster.peers.end(), std::back_inserter(rows), row_of);
  text += aligned(rows);
  if (cluster.peers_known > cluster.peers.size())
    text += fmt::format("and {} more, for which its answer had no room\n", cluster.peers_known - cluster.peers.size());
  return text;
}

std::string cluster_json(const cluster_status& cluster) {
  std::string text = fmt::format("{{\"node\":{},\"cluster\":{},\"draining\":{},\"lent_attempts_running\":{},"
                                 "\"lent_attempts_answered\":{},\"peers_known\":{},\"peers\":[",
                                 json_string(cluster.node), json_string(cluster.cluster), cluster.draining,
                                 cluster.lent_attempts_running, cluster.lent_attempts_answered, cluster.peers_known);
  bool is_first = true;
  for (const peer_status& peer : cluster.peers) {
    if (!is_first) text += ',';
    is_first = false;
    fmt::format_to(std::back_inserter(text),
                   "{{\"name\":{},\"address\":{},\"zone\":{},\"state\":{},\"reason\":{},\"attempts_in_flight\":{},"
                   "\"attempts_granted\":{},\"capacity\":{},\"latency_us_per_kib\":{:.3f},\"attempts_given\":{},"
                   "\"attempts_answered\":{},\"attempts_handed_back\":{},\"attempts_lost\":{},\"ejections\":{},"
                   "\"bytes_given\":{},\"connects\":{}}}",
                   json_string(peer.name), json_string(peer.address), json_string(peer.zone), json_string(peer.state),
                   json_string(peer.reason), peer.attempts_in_flight, peer.attempts_granted, peer.capacity,
                   peer.latency_us_per_kib, peer.attempts_given, peer.attempts_answered, peer.attempts_handed_back,
                   peer.attempts_lost, peer.ejections, peer.bytes_given, peer.connects);
  }
  return text + "]}\n";
}

} // namespace texlex::cli
