#include "actors/server/stats_text.hpp"

#include "actors/server/cluster_lines.hpp"

#include <iterator>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace texlex {
namespace {

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }
double seconds(uint64_t us) { return static_cast<double>(us) / 1e6; }

class stats_lines {
public:
  template <class Number>
  void add(std::string_view name, Number value) {
    fmt::format_to(std::back_inserter(text_), "texlexd_{} {}\n", name, value);
  }

  void add(std::string_view name, const phase_report& phase) {
    const auto quantile = [&](const char* share, uint64_t us) {
      add(fmt::format("{}_seconds{{quantile=\"{}\"}}", name, share), seconds(us));
    };
    quantile("0.5", phase.us_p50);
    quantile("0.9", phase.us_p90);
    quantile("0.99", phase.us_p99);
    quantile("0.999", phase.us_p999);
    quantile("1", phase.us_max);
    add(fmt::format("{}_seconds_sum", name), seconds(phase.sum));
    add(fmt::format("{}_seconds_count", name), phase.count);
  }

  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

} // namespace

std::string stats_text(const metrics_report& house, const server_counts& server) {
  stats_lines lines;
  lines.add("requests_total", house.requests);
  for (uint32_t i = 0; i < status_count; ++i)
    lines.add(fmt::format("outcomes_total{{status=\"{}\"}}", name_of(static_cast<status>(i))),
              house.requests_by_status[i]);
  lines.add("attempts_total", house.attempts);
  lines.add("hedges_fired_total", house.hedges_fired);
  lines.add("hedges_won_total", house.hedges_won);
  lines.add("hedges_skipped_total", house.hedges_skipped);
  lines.add("rotations_total", house.rotations);
  lines.add("restarts_total", house.restarts);
  lines.add("cores_given_up", house.health.cores_given_up);
  lines.add("lanes_alive", house.health.lanes_alive);
  lines.add("lanes_starting", house.health.lanes_starting);
  lines.add("lanes_stuck", house.health.lanes_stuck);
  lines.add("latency", house.latency);
  lines.add("queue", house.queue);
  lines.add("service", house.service);
  lines.add("loop_lag", server.loop_lag);
  lines.add("unread_bytes", server.unread_bytes);
  lines.add("resident_bytes", house.resident_bytes);
  lines.add("resident_bytes_peak", house.resident_bytes_peak);
  lines.add("log_lines_dropped_total", house.log_lines_dropped);
  lines.add("draining", server.draining);
  lines.add("connections_open", server.connections_open);
  lines.add("connections_accepted_total", server.connections_accepted);
  lines.add("connections_refused_total", server.connections_refused);
  lines.add("connections_timed_out_total", server.connections_timed_out);
  lines.add("connections_pushed_out_total", server.connections_pushed_out);
  lines.add("connections_without_memory_total", server.connections_without_memory);
  lines.add("clients_vanished_total", server.clients_vanished);
  lines.add("request_headers_total", server.requests);
  for (uint32_t i = 0; i < status_count; ++i)
    lines.add(fmt::format("responses_total{{status=\"{}\"}}", name_of(static_cast<status>(i))), server.responses[i]);
  lines.add("requests_in_flight", server.requests_in_flight);
  lines.add("request_bytes_in_flight", server.request_bytes_in_flight);
  lines.add("column_bytes_in_flight", server.column_bytes_in_flight);
  lines.add("documents_passed_total", server.documents_passed);
  lines.add("columns_lent_total", server.columns_lent);
  lines.add("lent_bytes", server.lent_bytes);
  lines.add("late_answers_total", server.late_answers);
  lines.add("bytes_read_total", server.bytes_read);
  lines.add("bytes_written_total", server.bytes_written);
  return lines.take() + cluster_lines(house.cluster.get());
}

} // namespace texlex
