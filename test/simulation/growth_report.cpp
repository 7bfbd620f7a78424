#include "test/simulation/growth_report.hpp"

#include <algorithm>
#include <cstdio>

#include <spdlog/fmt/fmt.h>

namespace texlex::simulation {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

constexpr double beats_per_s = 10; ///< as cluster.heartbeat_ms has them, from a giver to its peer and back

std::vector<uint32_t> sizes_up_to(uint32_t nodes) {
  std::vector<uint32_t> sizes;
  for (uint32_t size = 1; size < nodes; size *= 2) sizes.push_back(size);
  sizes.push_back(nodes);
  return sizes;
}

void print_line(const growth_options& options, const growth_figures& now, const growth_figures& alone) {
  fmt::print(
    "{:<9}{:>6}{:>6.1f}{:>11.0f}{:>7.1f}{:>7.1f}{:>7.2f}{:>8.2f}{:>8.1f}{:>8.1f}{:>8.2f}{:>9.0f}{:>9.1f}{:>9.1f}"
    "{:>9.1f}{:>9}{:>9}\n",
    name_of(options.load), options.nodes, now.peers, now.answers_per_s,
    100 * now.bytes_per_s / (options.nodes * alone.bytes_per_s), 100 * now.lent_share, 100 * now.copied_share,
    100 * now.returned_share, milliseconds{now.p50}.count(), milliseconds{now.p99}.count(),
    milliseconds{now.p99} / milliseconds{alone.p99}, now.idle_beats, now.idle_control_bytes / 1000,
    now.control_bytes / 1000, now.busiest_control_bytes / 1000, now.refused, now.suspicions);
  std::fflush(stdout);
}

} // namespace

std::vector<std::string> faults_of(const growth_options& options, const growth_figures& figures) {
  std::vector<std::string> faults;
  if (figures.ok + figures.refused != figures.jobs)
    faults.push_back(
      fmt::format("of {} jobs {} were answered ok and {} refused", figures.jobs, figures.ok, figures.refused));
  if (figures.copies > figures.copies_max)
    faults.push_back(fmt::format("{} copies, of {} that were earned", figures.copies, figures.copies_max));
  if (figures.returned > figures.returned_max)
    faults.push_back(fmt::format("{} attempts in vain at peers, of {} earned", figures.returned, figures.returned_max));
  const double beats_max = 2 * beats_per_s * figures.peers * 1.1;
  if (figures.idle_beats > beats_max)
    faults.push_back(fmt::format("{:.0f} beats a node and second, of {:.0f} at most", figures.idle_beats, beats_max));
  const double peers = std::min(options.nodes - 1, options.peers_max);
  if (figures.idle_beats < 2 * beats_per_s * peers * 0.9 && peers == options.nodes - 1)
    faults.push_back(fmt::format("{:.1f} peers a node beat, of {:.0f}", figures.idle_beats / 2 / beats_per_s, peers));
  return faults;
}

bool print_growth(const growth_options& options) {
  fmt::print("{:<9}{:>6}{:>6}{:>11}{:>7}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "clients",
             "nodes", "peers", "answers/s", "% of", "lent", "copies", "back", "p50", "p99", "to one", "beats", "idle",
             "loaded", "busiest", "refused", "suspects");
  fmt::print("{:<9}{:>6}{:>6}{:>11}{:>7}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>9}\n", "", "", "", "", "sum",
             "%", "%", "%", "ms", "ms", "node's", "/s", "kB/s", "kB/s", "kB/s");
  growth_options one = options;
  one.nodes = 1;
  one.load = growth_load::even;
  const growth_figures alone = grow(one);
  bool well = true;
  for (const growth_load load : all_growth_loads)
    for (const uint32_t nodes : sizes_up_to(options.nodes)) {
      growth_options asked = options;
      asked.nodes = nodes;
      asked.load = load;
      const growth_figures figures = nodes == 1 ? alone : grow(asked);
      print_line(asked, figures, alone);
      for (const std::string& fault : faults_of(asked, figures)) {
        fmt::print("  must not be: {}\n", fault);
        well = false;
      }
    }
  return well;
}

} // namespace texlex::simulation
