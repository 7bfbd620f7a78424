#include "actors/metrics.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "actors/log.hpp"
#include "actors/state/phase_times.hpp"
#include "runtime/memory.hpp"

namespace texlex {
namespace {

double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

class metrics final : public metrics_actor::base {
public:
  metrics(caf::actor_config& config, caf::actor front, duration line_interval)
    : metrics_actor::base(config), front_(std::move(front)), line_interval_(line_interval) {}
  const char* name() const override { return "texlex.metrics"; }

protected:
  behavior_type make_behavior() override {
    set_default_handler(caf::drop);
    return {
      [this](atom::samples, const sample_batch& samples) {
        for (const request_sample& sample : samples.requests) count(sample);
        for (const attempt_sample& sample : samples.attempts) count(sample);
        if (!samples.requests.empty()) plan_line();
      },
      [](atom::report, const worker_report& report) { spdlog::info("{}", worker_line(report)); },
      [this](atom::core, core_event event) {
        counts_.restarts += event == core_event::restarted;
        counts_.rotations += event == core_event::rotated;
        counts_.cores_given_up += event == core_event::given_up;
      },
      [this](atom::health_of, const health_report& health) { counts_.health = health; },
      [this](atom::tell, job_id number) { caf::anon_send(front_, atom::told_v, number, report()); },
      [this](atom::peers, const cluster_report_ptr& cluster) { counts_.cluster = cluster; },
      [this](atom::look) {
        line_planned_ = false;
        spdlog::info("{}", hedge_line(counts_));
      },
      [this](atom::stats) { return report(); },
    };
  }

  void on_exit() override {
    spdlog::info("{}", hedge_line(counts_));
    front_ = nullptr;
  }

private:
  void count(const request_sample& sample) {
    const auto status = static_cast<uint32_t>(sample.status);
    if (status < status_count) ++counts_.requests_by_status[status];
    latency_.record(sample.latency);
    queue_.record(sample.queue);
    counts_.hedges_fired += sample.hedged;
    counts_.hedges_won += sample.origin == origin::hedge;
    counts_.hedges_skipped += sample.hedge_skipped;
    ++counts_.requests;
  }

  // Planned by what there is to tell of: an idle service wakes nobody.
  void plan_line() {
    if (line_planned_ || line_interval_ <= duration{0}) return;
    line_planned_ = true;
    delayed_send(this, line_interval_, atom::look_v);
  }

  void count(const attempt_sample& sample) {
    ++counts_.attempts;
    service_.record(sample.service);
  }

  metrics_report report() const {
    metrics_report full = counts_;
    full.latency = latency_.report();
    full.queue = queue_.report();
    full.service = service_.report();
    full.log_lines_dropped = log_lines_dropped();
    full.resident_bytes = resident_bytes().value_or(0);
    // The system brings its peak up to date now and then only, so that it may lag behind.
    full.resident_bytes_peak = std::max(resident_bytes_peak().value_or(0), full.resident_bytes);
    return full;
  }

  caf::actor front_;
  duration line_interval_;
  bool line_planned_ = false;
  metrics_report counts_;
  phase_times latency_, queue_, service_;
};

} // namespace

metrics_actor spawn_metrics(caf::actor_system& system, caf::actor front, duration line_interval, bool own_thread) {
  if (own_thread) return system.spawn<metrics, caf::detached>(std::move(front), line_interval);
  return system.spawn<metrics>(std::move(front), line_interval);
}

std::string hedge_line(const metrics_report& report) {
  return fmt::format("[hedge] req={} fired={} ({:.1f}%) wins={} ({:.1f}%) rotations={}", report.requests,
                     report.hedges_fired, percent(report.hedges_fired, report.requests), report.hedges_won,
                     percent(report.hedges_won, report.hedges_fired), report.rotations);
}

std::string worker_line(const worker_report& report) {
  const std::string core = report.core == loop_core ? "io" : std::to_string(report.core);
  return fmt::format("[worker] core={} req={} rss={:.1f}MB live={:.1f}MB alloc_since={:.0f}MB majors_since={}", core,
                     report.jobs, megabytes(report.resident_bytes), megabytes(report.live_bytes),
                     megabytes(report.bytes_handed_out), report.trims);
}

} // namespace texlex
