#include "bench/row_reporter.hpp"

#include <cstdio>

namespace texlex::bench {
namespace {

constexpr double nanoseconds = 1e9;

} // namespace

bool row_reporter::ReportContext(const Context&) {
  std::printf("\n### %s\n\n| what | ns of CPU | beside |\n|---|---:|---|\n", title_.c_str());
  return true;
}

void row_reporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    std::string beside = run.error_occurred ? run.error_message : run.report_label;
    for (const auto& [name, counter] : run.counters) {
      char text[64];
      std::snprintf(text, sizeof text, "%s%s %.1f", beside.empty() ? "" : ", ", name.c_str(), counter.value);
      beside += text;
    }
    const double each_ns = run.GetAdjustedCPUTime() / benchmark::GetTimeUnitMultiplier(run.time_unit) * nanoseconds;
    std::printf("| %s | %.1f | %s |\n", run.run_name.function_name.c_str(), each_ns, beside.c_str());
  }
}

int run_row_bench(int argc, char** argv, const char* title) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  row_reporter reporter{title};
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}

} // namespace texlex::bench
