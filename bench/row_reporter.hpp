// Google Benchmark's runs as one Markdown table, a row a run, with whatever counters it has. Processor time, as nothing
// measured here waits for anybody, and what else runs on the machine counts less.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

namespace texlex::bench {

class row_reporter : public benchmark::BenchmarkReporter {
public:
  explicit row_reporter(std::string title) : title_(std::move(title)) {}

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

private:
  std::string title_;
};

/// The `main` of a bench whose benchmarks are registered; takes Google Benchmark's options. Returns the exit status.
int run_row_bench(int argc, char** argv, const char* title);

} // namespace texlex::bench
