// The report as a table for people. What the count does not support is left blank, what a server did not tell is said.
#include <iterator>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/bench/run_summary.hpp"
#include "clients/cli/escaped_text.hpp"

namespace texlex::load {
namespace {

constexpr double us_per_ms = 1000;
constexpr double bytes_per_mib = 1u << 20;
constexpr double ms_per_s = 1000;
constexpr size_t name_columns = 24;

using text = fmt::memory_buffer;

template <class... Values>
void add(text& out, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
}

std::string milliseconds(std::optional<uint32_t> us) {
  return us ? fmt::format("{:.3f}", *us / us_per_ms) : std::string{"-"};
}

// As much of a name as the column has room for.
std::string shown(std::string_view name) {
  std::string escaped = cli::escape_file_name(name);
  size_t end = 0;
  for (size_t column = 0; column < name_columns && end < escaped.size(); ++column)
    end += cli::look_at(escaped, end).bytes;
  escaped.resize(end);
  return escaped;
}

void add_row(text& out, std::string_view name, const latency_samples& samples, std::string_view hedged) {
  add(out, "{:<24} {:>9}", shown(name), samples.count());
  for (const auto& [label, parts] : percentiles) add(out, " {:>9}", milliseconds(samples.percentile_us(parts)));
  add(out, " {:>9} {:>8}\n", milliseconds(samples.max_us()), hedged);
}

// The same of a histogram, whose percentiles are of its buckets.
void add_row(text& out, std::string_view name, const histogram& counted) {
  add(out, "{:<24} {:>9}", name, counted.count());
  for (const auto& [label, parts] : percentiles)
    add(out, " {:>9}",
        milliseconds(supports(counted.count(), parts)
                       ? std::optional{static_cast<uint32_t>(counted.percentile_us(parts / 1e4))}
                       : std::nullopt));
  add(out, " {:>9}\n", milliseconds(static_cast<uint32_t>(counted.max_us())));
}

void add_slice(text& out, const slice& part) {
  add_row(out, part.name, part.latency, fmt::format("{:.2f} %", 100 * part.hedged_share()));
}

void add_latencies(text& out, const run_summary& summary, const load_result& result) {
  add(out, "\n{:<24} {:>9}", "latency in ms", "measured");
  for (const auto& [label, parts] : percentiles) add(out, " {:>9}", label);
  add(out, " {:>9} {:>8}\n", "max", "hedged");
  add_slice(out, summary.all);
  for (const slice& part : summary.documents) add_slice(out, part);
  for (const slice& part : summary.targets) add_slice(out, part);
  if (summary.refusals.count() > 0) add_row(out, "refusals", summary.refusals, "");
  add_row(out, "lateness of first bytes", summary.lateness, "");
  if (result.looked_late.count() > 0) add_row(out, "of it before any look", result.looked_late);
}

void add_counts(text& out, std::string_view title, const ending_counts& counts) {
  std::string_view separator = " ";
  add(out, "{}:", title);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    add(out, "{}{} {}", separator, name_of(static_cast<ending>(i)), counts[i]);
    separator = ", ";
  }
  add(out, "{}", separator == " " ? " none\n" : "\n");
}

std::string count_text(std::optional<double> value) {
  return value ? fmt::format("{:.0f}", *value) : std::string{"not told"};
}

std::string scaled_text(std::optional<double> value, double scale, std::string_view unit) {
  return value ? fmt::format("{:.3f} {}", *value * scale, unit) : std::string{"not told"};
}

void add_figures(text& out, const std::string& address, const figures_of_run& figures) {
  if (!figures.before || !figures.after) return add(out, "server {}: not told\n", address);
  const auto mib = [&](std::optional<double> bytes) { return scaled_text(bytes, 1 / bytes_per_mib, "MiB"); };
  add(out, "server {} (warm-up included)\n", address);
  add(out, "  hedges fired {}, won {}; rotations {}; restarts {}\n",
      count_text(figures.growth("texlexd_hedges_fired_total")), count_text(figures.growth("texlexd_hedges_won_total")),
      count_text(figures.growth("texlexd_rotations_total")), count_text(figures.growth("texlexd_restarts_total")));
  add(out, "  resident before {}, after {}, peak {}\n", mib(figures.before->find("texlexd_resident_bytes")),
      mib(figures.last("texlexd_resident_bytes")), mib(figures.last("texlexd_resident_bytes_peak")));
  add(out, "  mean time queued {}, served {}\n", scaled_text(figures.mean("texlexd_queue_seconds"), ms_per_s, "ms"),
      scaled_text(figures.mean("texlexd_service_seconds"), ms_per_s, "ms"));
}

void add_head(text& out, const load_plan& plan) {
  if (plan.requests_per_second) {
    add(out, "open loop, {} requests/s, {} arrivals", *plan.requests_per_second,
        plan.arrivals == arrivals::fixed ? "fixed" : "poisson");
  } else {
    add(out, "closed loop{}", plan.reconnect ? ", a connection a request" : "");
  }
  add(out, ", {} connections, {} in flight each at most, seed {}\n", plan.connections, plan.in_flight, plan.seed);
}

} // namespace

std::string as_table(const run_report& report) {
  const auto& [label, allow_refusals, plan, result, summary, figures] = report;
  text out;
  if (!label.empty()) add(out, "{}\n", cli::escape_file_name(label));
  add_head(out, plan);
  add(out, "{} requests in {:.3f} s: {:.1f} requests/s ok, {:.2f} MB/s\n", summary.all.requests, summary.seconds,
      summary.requests_per_second, summary.megabytes_per_second);
  if (!result.error.empty()) add(out, "given up: {}\n", result.error);
  if (result.interrupted_by != 0)
    add(out, "interrupted by signal {}; what was in flight is not counted\n", result.interrupted_by);
  add_counts(out, "ended", result.by_ending);
  add_counts(out, "failures of connections", result.connection_failures);
  if (result.idle_closes > 0) add(out, "closed by the server with nothing in flight: {}\n", result.idle_closes);
  add_latencies(out, summary, result);
  add(out, "\n");
  for (size_t i = 0; i < figures.size(); ++i) add_figures(out, plan.targets[i].address, figures[i]);
  return fmt::to_string(out);
}

} // namespace texlex::load
