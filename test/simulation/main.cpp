// texlex-simulate: runs the service's decisions in simulated worlds, thousands a second, each from a seed.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "test/simulation/growth_report.hpp"
#include "test/simulation/runner.hpp"

using namespace texlex;
using namespace texlex::simulation;

namespace {

struct choices {
  uint64_t from = 1, to = 1000;
  uint32_t processes = std::max(1u, std::thread::hardware_concurrency());
  double minutes = 0;
  bool trace = false;
  std::string svg_path;
  bool quiet = false;
  bool as_found = false;
};

std::optional<std::pair<uint64_t, uint64_t>> range_of(const std::string& text) {
  const auto number = [](const std::string& part) -> std::optional<uint64_t> {
    if (part.empty() || part.size() > 19 || part.find_first_not_of("0123456789") != std::string::npos) return {};
    return std::stoull(part);
  };
  const size_t dots = text.find("..");
  const auto from = number(text.substr(0, dots));
  const auto to = dots == std::string::npos ? from : number(text.substr(dots + 2));
  if (!from || !to || *to < *from) return {};
  return std::pair{*from, *to};
}

void print_counts(const world_counts& counts) {
  for (size_t i = 0; i < reached_count; ++i)
    fmt::print("{:<26}{:>14}\n", name_of(static_cast<reached>(i)), counts.states[i]);
  fmt::print("answers\n");
  for (uint32_t s = 0; s < status_count; ++s)
    if (counts.answers[s] > 0) fmt::print("  {:<24}{:>14}\n", name_of(static_cast<status>(s)), counts.answers[s]);
  fmt::print("faults\n");
  for (size_t i = 0; i < fault_count; ++i)
    fmt::print("  {:<24}{:>14}\n", name_of(static_cast<fault>(i)), counts.faults[i]);
}

void print_failure(const failure& found) {
  fmt::print("seed {} fails: {}\n", found.what.seed, found.why);
  const auto bound = [](const char* what, uint32_t most) {
    if (most != UINT32_MAX) fmt::print("  with {} {} at most\n", most, what);
  };
  bound("clients", found.what.bounds.clients_max);
  bound("requests of each", found.what.bounds.wishes_max);
  bound("lanes elsewhere", found.what.bounds.far_max);
  const auto strokes = strokes_in(found.what);
  fmt::print("  strokes that it takes: {}\n", strokes.size());
  for (const stroke& each : strokes) fmt::print("    {} (chance {})\n", name_of(each.which), each.chance);
}

/// The journal is that of a process that may abort: it is written as far as it came.
void keep_journal(const scenario& what, const choices& chosen) {
  world one{plan_of(what.seed, what.bounds), what.left_out, true};
  const auto write = [&] {
    if (chosen.trace) std::cout << one.notes().lines();
    if (!chosen.svg_path.empty()) std::ofstream{chosen.svg_path} << one.notes().svg();
    std::cout.flush();
  };
  static std::function<void()> at_abort;
  at_abort = write;
  std::signal(SIGABRT, [](int) { // in this program, which is about to end, more than handlers may do
    at_abort();
    std::_Exit(1);
  });
  one.run();
  write();
}

int simulate(const choices& chosen) {
  if (chosen.from == chosen.to && (chosen.trace || !chosen.svg_path.empty())) {
    keep_journal({.seed = chosen.from}, chosen);
    return 0;
  }
  const auto length =
    chosen.minutes > 0 ? std::optional{duration{static_cast<duration::rep>(chosen.minutes * 60e9)}} : std::nullopt;
  const instant begun = now();
  const bool show = !chosen.quiet && ::isatty(STDERR_FILENO) == 1;
  const run_report report = run_seeds(chosen.from, chosen.to, chosen.processes, length, [&](uint64_t done) {
    if (show) fmt::print(stderr, "\r{} worlds", done);
  });
  if (show) fmt::print(stderr, "\r");
  print_counts(report.counts);
  const double seconds = std::chrono::duration<double>{now() - begun}.count();
  fmt::print("{} seeds in {:.1f} s, {:.0f} a second in {} processes\n", report.seeds_run, seconds,
             static_cast<double>(report.seeds_run) / seconds, chosen.processes);
  if (!report.failed) {
    if (report.interrupted) fmt::print("stopped after {} minutes\n", chosen.minutes);
    return 0;
  }
  fmt::print("revision {}\n", TEXLEX_REVISION);
  fmt::print("seed {} fails: {}\n", report.failed->what.seed, report.failed->why);
  std::fflush(stdout);
  if (chosen.as_found) return 1;
  const failure least = made_small(*report.failed, [&](const std::string& line) {
    if (!chosen.quiet) fmt::print(stderr, "  {}\n", line);
  });
  fmt::print("made small, ");
  print_failure(least);
  std::fflush(stdout);
  if (chosen.trace || !chosen.svg_path.empty()) keep_journal(least.what, chosen);
  return 1;
}

/// A cluster that grows in place of worlds full of faults.
struct growth_choices {
  growth_options options{.nodes = 0};
  uint64_t document_kib = 1100, latency_us = 100, stall_us = 50'000, length_ms = 2000;
};

void add_growth_options(CLI::App& app, growth_choices& chosen) {
  growth_options& options = chosen.options;
  const std::string group = "A cluster that grows";
  const auto add = [&](const char* name, auto& value, const char* text, auto low, auto high) {
    return app.add_option(name, value, text)->check(CLI::Range(low, high))->group(group);
  };
  CLI::Option* const nodes = add("--nodes", options.nodes,
                                 "Instead: clusters of 1, 2, 4 and so on up to that many nodes, without faults", 1, 64);
  const auto detail = [&](const char* name, auto& value, const char* text, auto low, auto high) {
    add(name, value, text, low, high)->capture_default_str()->needs(nodes);
  };
  detail("--workers", options.workers, "Workers of a node", 1, 64);
  detail("--attempts-max", options.attempts_max,
         "Attempts lent to one peer, as cluster.attempts_max; 0: four times as many as workers", 0, 64);
  detail("--clients", options.clients, "Clients for each node", 1, 1000);
  detail("--document-kib", chosen.document_kib, "A document's length, at the mean", 33, 8192);
  detail("--us-per-kib", options.us_per_kib, "That a worker takes", 0.1, 1e4);
  detail("--answer-percent", options.answer_percent, "Bytes of an answer, of its document's", 0, 1000);
  detail("--latency-us", chosen.latency_us, "Of the network, one way", 1, 1'000'000);
  detail("--gigabits", options.gigabits, "A second of each node's link, each way", 0.01, 1000.0);
  detail("--stall-permille", options.stall_permille, "Attempts during which the worker stalls", 0, 1000);
  detail("--stall-us", chosen.stall_us, "For so long", 1, 10'000'000);
  detail("--peers-max", options.peers_max, "Of a node, as cluster.peers_max", 1, 256);
  detail("--length-ms", chosen.length_ms, "Virtual time of what is measured, each time", 100, 600'000);
  detail("--seed", options.seed, "Of all chance", uint64_t{0}, UINT64_MAX);
}

growth_options asked_of(const growth_choices& chosen) {
  using std::chrono::microseconds, std::chrono::milliseconds;
  growth_options options = chosen.options;
  options.document_bytes = chosen.document_kib << 10;
  options.latency = microseconds{chosen.latency_us};
  options.stall = microseconds{chosen.stall_us};
  options.length = milliseconds{chosen.length_ms};
  return options;
}

} // namespace

int main(int argc, char** argv) {
  choices chosen;
  growth_choices growth;
  CLI::App app{
    "Runs the decisions of texlexd in simulated worlds full of faults, each from a seed. Exit status: 0 if all "
    "went well, 1 if a world broke an invariant or a cluster its bounds, 2 for a wrong call."};
  std::string seeds = "1..1000";
  app.add_option("--seeds", seeds, "Worlds to run: from one seed to another, as 1..1000, or a single one")
    ->capture_default_str();
  app.add_option("--jobs", chosen.processes, "Processes that run them at one time")
    ->check(CLI::Range(1u, 256u))
    ->capture_default_str();
  app.add_option("--minutes", chosen.minutes, "Stop after that long, whatever is left")->check(CLI::Range(0.001, 1e5));
  app.add_flag("--trace", chosen.trace, "Print what happens in a single seed's world, or in the one that failed");
  app.add_option("--svg", chosen.svg_path, "Draw it as a sequence chart into that file");
  app.add_flag("--as-found", chosen.as_found, "Do not make a failure small");
  app.add_flag("--quiet", chosen.quiet, "No progress");
  add_growth_options(app, growth);
  try {
    app.parse(argc, argv);
    const auto range = range_of(seeds);
    if (!range) throw CLI::ValidationError{"--seeds", "'" + seeds + "' is no range of seeds such as 1..1000"};
    std::tie(chosen.from, chosen.to) = *range;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (growth.options.nodes > 0) return print_growth(asked_of(growth)) ? 0 : 1;
    return simulate(chosen);
  } catch (const std::exception& error) {
    fmt::print(stderr, "texlex-simulate: {}\n", error.what());
    return 2;
  }
}
