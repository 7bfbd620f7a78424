// A run's samples put together for people and for plots: all of them, and those of each document and each target.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/bench/latency_samples.hpp"
#include "clients/cli/bench/load_plan.hpp"
#include "clients/cli/bench/load_result.hpp"
#include "clients/cli/bench/server_figures.hpp"

namespace texlex::load {

struct named_percentile {
  std::string_view name;
  uint32_t parts_per_million;
};

inline constexpr std::array<named_percentile, 6> percentiles{
  {{"p50", 500'000}, {"p90", 900'000}, {"p95", 950'000}, {"p99", 990'000}, {"p99.9", 999'000}, {"p99.99", 999'900}}};

/// All requests of a run, or those of one document or one target.
struct slice {
  std::string name;
  uint64_t requests = 0;
  uint64_t ok = 0;
  uint64_t hedged = 0;     ///< of those ok
  latency_samples latency; ///< of what was answered ok or timed out

  [[nodiscard]] double hedged_share() const noexcept;
};

struct run_summary {
  slice all;
  std::vector<slice> documents; ///< only where there is more than one
  std::vector<slice> targets;
  latency_samples refusals; ///< how long a refusal took to come, from when the request was due
  latency_samples lateness; ///< of the generator: from when a request was due to its first byte
  double seconds = 0;
  double requests_per_second = 0; ///< answered ok
  double megabytes_per_second = 0;
};

[[nodiscard]] run_summary summarize(const load_plan& plan, const load_result& result);

/// All that is told of a run.
struct run_report {
  std::string label;
  bool allow_refusals = false;
  const load_plan& plan;
  const load_result& result;
  const run_summary& summary;
  const std::vector<figures_of_run>& figures; ///< one a target

  [[nodiscard]] bool passed() const noexcept { return result.passed(allow_refusals); }
};

/// The report as a table for people.
[[nodiscard]] std::string as_table(const run_report& report);

/// The report as one line of JSON, with all options and a curve for plotting.
[[nodiscard]] std::string as_json_line(const run_report& report);

} // namespace texlex::load
