// The report as one line of JSON: for plots, and for comparing runs.
#include <iterator>

#include <spdlog/fmt/fmt.h>

#include "clients/cli/bench/run_summary.hpp"
#include "clients/cli/json_text.hpp"

namespace texlex::load {
namespace {

// Objects and arrays, with the commas where they belong. Numbers are finite by construction.
class json_line {
public:
  json_line& key(std::string_view name) {
    separate();
    cli::append_json_string(out_, name);
    out_.push_back(':');
    first_ = true;
    return *this;
  }
  void open(char bracket) {
    separate();
    out_.push_back(bracket);
    first_ = true;
  }
  void close(char bracket) {
    out_.push_back(bracket);
    first_ = false;
  }
  void text(std::string_view value) {
    separate();
    cli::append_json_string(out_, value);
  }
  void flag(bool value) { raw(value ? "true" : "false"); }
  template <class Number>
  void number(Number value) {
    raw(fmt::format("{}", value));
  }
  template <class Number>
  void number(std::optional<Number> value) {
    value ? number(*value) : raw("null");
  }
  [[nodiscard]] std::string finish() { return fmt::to_string(out_) + "\n"; }

private:
  void separate() {
    if (!std::exchange(first_, false)) out_.push_back(',');
  }
  void raw(std::string_view value) {
    separate();
    out_.append(value);
  }

  fmt::memory_buffer out_;
  bool first_ = true;
};

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

void add_options(json_line& out, const run_report& report) {
  const load_plan& plan = report.plan;
  out.key("options").open('{');
  out.key("loop").text(plan.requests_per_second ? "open" : "closed");
  out.key("rate").number(plan.requests_per_second);
  out.key("arrivals").text(plan.arrivals == arrivals::fixed ? "fixed" : "poisson");
  out.key("connections").number(plan.connections);
  out.key("in_flight").number(plan.in_flight);
  out.key("reconnect").flag(plan.reconnect);
  out.key("count").number(plan.count);
  out.key("duration_s").number(seconds_of(plan.span));
  out.key("warm_up_s").number(seconds_of(plan.warm_up));
  out.key("timeout_s").number(seconds_of(plan.timeout));
  out.key("check").flag(plan.check);
  out.key("allow_refusals").flag(report.allow_refusals);
  out.key("sockets").open('[');
  for (const load_target& target : plan.targets) out.text(target.address);
  out.close(']');
  out.key("mix").open('[');
  for (const load_document& document : plan.documents) {
    out.open('{');
    out.key("document").text(document.name);
    out.key("bytes").number(document.bytes.size());
    out.key("weight").number(document.weight);
    out.close('}');
  }
  out.close(']');
  out.close('}');
}

void add_counts(json_line& out, std::string_view name, const ending_counts& counts) {
  out.key(name).open('{');
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) out.key(name_of(static_cast<ending>(i))).number(counts[i]);
  out.close('}');
}

void add_percentiles(json_line& out, std::string_view name, const latency_samples& samples) {
  out.key(name).open('{');
  for (const auto& [label, parts] : percentiles)
    if (const auto us = samples.percentile_us(parts)) out.key(label).number(*us);
  if (const auto us = samples.max_us()) out.key("max").number(*us);
  out.close('}');
}

void add_percentiles(json_line& out, std::string_view name, const histogram& counted) {
  out.key(name).open('{');
  for (const auto& [label, parts] : percentiles)
    if (supports(counted.count(), parts)) out.key(label).number(counted.percentile_us(parts / 1e4));
  if (counted.count() > 0) out.key("max").number(counted.max_us());
  out.close('}');
}

void add_slices(json_line& out, std::string_view name, const std::vector<slice>& slices) {
  if (slices.empty()) return;
  out.key(name).open('[');
  for (const slice& part : slices) {
    out.open('{');
    out.key("name").text(part.name);
    out.key("requests").number(part.requests);
    out.key("ok").number(part.ok);
    out.key("hedged_share").number(part.hedged_share());
    add_percentiles(out, "latency_us", part.latency);
    out.close('}');
  }
  out.close(']');
}

void add_figures(json_line& out, const std::string& address, const figures_of_run& figures) {
  const auto before = figures.before ? figures.before->find("texlexd_resident_bytes") : std::nullopt;
  out.open('{');
  out.key("socket").text(address);
  out.key("told").flag(figures.before && figures.after);
  out.key("requests").number(figures.growth("texlexd_requests_total"));
  out.key("hedges_fired").number(figures.growth("texlexd_hedges_fired_total"));
  out.key("hedges_won").number(figures.growth("texlexd_hedges_won_total"));
  out.key("rotations").number(figures.growth("texlexd_rotations_total"));
  out.key("restarts").number(figures.growth("texlexd_restarts_total"));
  out.key("resident_bytes_before").number(before);
  out.key("resident_bytes_after").number(figures.last("texlexd_resident_bytes"));
  out.key("resident_bytes_peak").number(figures.last("texlexd_resident_bytes_peak"));
  out.key("mean_queue_s").number(figures.mean("texlexd_queue_seconds"));
  out.key("mean_service_s").number(figures.mean("texlexd_service_seconds"));
  out.close('}');
}

void add_curve(json_line& out, std::string_view name, const latency_samples& samples) {
  out.key(name).open('[');
  for (const auto& [percentile, us] : samples.curve()) {
    out.open('[');
    out.number(percentile);
    out.number(us);
    out.close(']');
  }
  out.close(']');
}

} // namespace

std::string as_json_line(const run_report& report) {
  const auto& [label, allow_refusals, plan, result, summary, figures] = report;
  json_line out;
  out.open('{');
  out.key("label").text(label);
  out.key("version").text(TEXLEX_VERSION);
  out.key("passed").flag(report.passed());
  out.key("error").text(result.error);
  out.key("interrupted_by").number(result.interrupted_by);
  out.key("first_failure").text(result.first_failure);
  out.key("seed").number(plan.seed);
  add_options(out, report);
  out.key("elapsed_s").number(summary.seconds);
  out.key("requests").number(summary.all.requests);
  out.key("ok").number(summary.all.ok);
  out.key("requests_in_all").number(result.requests_in_all);
  out.key("requests_per_s").number(summary.requests_per_second);
  out.key("mb_per_s").number(summary.megabytes_per_second);
  add_counts(out, "endings", result.by_ending);
  add_counts(out, "connection_failures", result.connection_failures);
  out.key("idle_closes").number(result.idle_closes);
  out.key("hedged_share").number(summary.all.hedged_share());
  add_percentiles(out, "latency_us", summary.all.latency);
  add_percentiles(out, "refusal_us", summary.refusals);
  add_percentiles(out, "lateness_us", summary.lateness);
  add_percentiles(out, "looked_late_us", result.looked_late);
  add_slices(out, "documents", summary.documents);
  add_slices(out, "targets", summary.targets);
  out.key("server").open('[');
  for (size_t i = 0; i < figures.size(); ++i) add_figures(out, plan.targets[i].address, figures[i]);
  out.close(']');
  add_curve(out, "curve", summary.all.latency);
  add_curve(out, "lateness_curve", summary.lateness);
  out.close('}');
  return out.finish();
}

} // namespace texlex::load
