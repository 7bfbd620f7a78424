// A cluster as one of its nodes sees it: read from that node's stats, written as a table or as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace texlex::cli {

/// Another node. What its texlexd does not tell is 0 or empty.
struct peer_status {
  std::string name;
  std::string address;
  std::string zone;
  std::string state;
  std::string reason; ///< why it is refused
  uint64_t attempts_in_flight = 0;
  uint64_t attempts_granted = 0;
  uint64_t capacity = 0;
  double latency_us_per_kib = 0; ///< 0: not known
  uint64_t ejections = 0;
  uint64_t attempts_given = 0;
  uint64_t attempts_answered = 0;
  uint64_t attempts_handed_back = 0;
  uint64_t attempts_lost = 0;
  uint64_t bytes_given = 0;
  uint64_t connects = 0;
};

struct cluster_status {
  std::string node;
  std::string cluster;
  bool draining = false;
  uint64_t lent_attempts_running = 0;
  uint64_t lent_attempts_answered = 0;
  uint64_t peers_known = 0;       ///< some of which the stats may have had no room for
  std::vector<peer_status> peers; ///< in the order of the stats
};

/// Nothing: the stats are those of a texlexd without a cluster. Lines that are not understood are skipped.
[[nodiscard]] std::optional<cluster_status> read_cluster_status(std::string_view stats);

/// For people: a line about the node, and a table with a line for each other one.
[[nodiscard]] std::string cluster_table(const cluster_status& cluster);

/// For programs: one object, on a line.
[[nodiscard]] std::string cluster_json(const cluster_status& cluster);

} // namespace texlex::cli
