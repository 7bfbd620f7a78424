// Results as Markdown tables: one a document class, a row a contender. Medians where there are repetitions.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace texlex::bench {

class table_reporter : public benchmark::BenchmarkReporter {
public:
  /// Tables and rows come in these orders, whatever the order of the runs. A run's name is `document/contender`.
  table_reporter(std::vector<std::string> documents, std::vector<std::string> contenders)
    : documents_(std::move(documents)), contenders_(std::move(contenders)) {}

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

  /// Prints all tables to standard output.
  void print() const;

private:
  struct row {
    double seconds = 0;
    double spread = 0; ///< of the repetitions: standard deviation over mean
    double document_bytes = 0;
    double tokens = 0;
    double bytes_written = 0;
    double instructions_per_token = 0;
  };

  void print_table(const std::string& document) const;

  std::vector<std::string> documents_, contenders_;
  std::map<std::string, row> rows_; ///< by the run's name
};

} // namespace texlex::bench
