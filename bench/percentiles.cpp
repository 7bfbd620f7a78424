#include "bench/percentiles.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

namespace texlex::bench {
namespace {

enum exit_status : int { measured = 0, failed = 1, usage = 2 };

constexpr std::array shown{50.0, 99.0, 99.9, 100.0};

} // namespace

std::string_view name_of(load cores) noexcept { return cores == load::idle ? "idle" : "busy"; }

double percentile_table::row::percentile_us(double percent) const noexcept {
  const auto rank = std::ceil(static_cast<double>(samples.size()) * percent / 100);
  const duration at = samples[static_cast<size_t>(std::max(rank, 1.0)) - 1];
  return std::chrono::duration<double, std::micro>{at}.count();
}

void percentile_table::add(std::string name, load cores, std::vector<duration> samples) {
  if (samples.empty()) return;
  std::ranges::sort(samples);
  rows_.push_back({std::move(name), cores, std::move(samples)});
}

void percentile_table::print() const {
  std::printf("\n### %s\n\n", title_.c_str());
  std::printf("| what | cores | n | p50 us | p99 us | p99.9 us | max us |\n|---|---|---:|---:|---:|---:|---:|\n");
  for (const row& each : rows_) {
    std::printf("| %s | %s | %zu |", each.name.c_str(), name_of(each.cores).data(), each.samples.size());
    for (const double percent : shown) std::printf(" %.1f |", each.percentile_us(percent));
    std::printf("\n");
  }
}

bool percentile_table::write_json(const std::string& path) const {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  for (const row& each : rows_)
    std::fprintf(file,
                 "{\"what\": \"%s\", \"cores\": \"%s\", \"n\": %zu, \"p50_us\": %.2f, \"p99_us\": %.2f, "
                 "\"p99.9_us\": %.2f, \"max_us\": %.2f}\n",
                 each.name.c_str(), name_of(each.cores).data(), each.samples.size(), each.percentile_us(shown[0]),
                 each.percentile_us(shown[1]), each.percentile_us(shown[2]), each.percentile_us(shown[3]));
  const bool written = std::ferror(file) == 0;
  return std::fclose(file) == 0 && written;
}

int run_distribution_bench(int argc, char** argv, const char* title, measure_function measure) {
  bool quick = false;
  std::string json_path;
  CLI::App app{title};
  app.add_flag("--quick", quick, "few samples: a look at whether all of it runs");
  app.add_option("--json", json_path, "a file for the same rows as JSON, one object a line");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? measured : usage;
  }
  percentile_table table{title};
  try {
    measure(table, quick);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return failed;
  }
  table.print();
  if (json_path.empty() || table.write_json(json_path)) return measured;
  std::fprintf(stderr, "Cannot write %s.\n", json_path.c_str());
  return failed;
}

} // namespace texlex::bench
