#include "actors/metrics.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "runtime/histogram.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

constexpr uint64_t line_requests = 10'000;

double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

class metrics final : public metrics_actor::base {
public:
  explicit metrics(caf::actor_config& config) : metrics_actor::base(config) {}
  const char* name() const override { return "texlex.metrics"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::request, const request_sample& sample) { count(sample); },
      [this](atom::attempt, const attempt_sample&) { ++counts_.attempts; },
      [](atom::report, const worker_report& report) { spdlog::info("{}", worker_line(report, resident_bytes())); },
      [this](atom::core, core_event event) {
        counts_.restarts += event == core_event::restarted;
        counts_.rotations += event == core_event::rotated;
        counts_.cores_given_up += event == core_event::given_up;
      },
      [this](atom::stats) { return report(); },
    };
  }

  void on_exit() override { spdlog::info("{}", hedge_line(counts_)); }

private:
  void count(const request_sample& sample) {
    const auto status = static_cast<uint32_t>(sample.status);
    if (status < status_count) ++counts_.requests_by_status[status];
    latency_.record(to_us(sample.latency));
    counts_.hedges_fired += sample.hedged;
    counts_.hedges_won += sample.origin == origin::hedge;
    counts_.hedges_skipped += sample.hedge_skipped;
    if (++counts_.requests % line_requests == 0) spdlog::info("{}", hedge_line(counts_));
  }

  metrics_report report() const {
    metrics_report full = counts_;
    full.latency_us_p50 = latency_.percentile_us(50);
    full.latency_us_p90 = latency_.percentile_us(90);
    full.latency_us_p99 = latency_.percentile_us(99);
    full.latency_us_p999 = latency_.percentile_us(99.9);
    full.latency_us_max = latency_.max_us();
    return full;
  }

  metrics_report counts_;
  histogram latency_;
};

} // namespace

metrics_actor spawn_metrics(caf::actor_system& system) { return system.spawn<metrics>(); }

std::string hedge_line(const metrics_report& report) {
  return fmt::format("[hedge] req={} fired={} ({:.1f}%) wins={} ({:.1f}%) rotations={}", report.requests,
                     report.hedges_fired, percent(report.hedges_fired, report.requests), report.hedges_won,
                     percent(report.hedges_won, report.hedges_fired), report.rotations);
}

std::string worker_line(const worker_report& report, std::optional<uint64_t> rss_bytes) {
  return fmt::format("[worker] core={} req={} rss={:.1f}MB live={:.1f}MB alloc_since={:.0f}MB majors_since={}",
                     report.core, report.jobs, megabytes(rss_bytes.value_or(0)), megabytes(report.live_bytes),
                     megabytes(report.bytes_handed_out), report.trims);
}

} // namespace texlex
