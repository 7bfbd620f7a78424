#include "bench/table_reporter.hpp"

#include <algorithm>
#include <cstdio>

namespace texlex::bench {
namespace {

std::string cell(double value, const char* format) {
  if (value == 0) return "";
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

} // namespace

bool table_reporter::ReportContext(const Context&) { return true; }

void table_reporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.error_occurred || run.aggregate_name == "mean" || run.aggregate_name == "stddev") continue;
    row& to = rows_[run.run_name.function_name];
    if (run.aggregate_name == "cv") {
      to.spread = run.real_accumulated_time;
      continue;
    }
    to.seconds = run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    const auto counter = [&](const char* name) {
      const auto found = run.counters.find(name);
      return found == run.counters.end() ? 0.0 : found->second.value;
    };
    to.document_bytes = counter("document_bytes");
    to.tokens = counter("tokens");
    to.bytes_written = counter("bytes_written");
    to.instructions_per_token = counter("instructions_per_token");
  }
}

void table_reporter::print() const {
  for (const auto& document : documents_) print_table(document);
}

void table_reporter::print_table(const std::string& document) const {
  const auto find = [&](const std::string& contender) {
    const auto found = rows_.find(document + "/" + contender);
    return found == rows_.end() ? nullptr : &found->second;
  };
  const row* const reference = find("reference");
  const row* const six_columns = find("six columns");
  bool begun = false;
  for (const auto& contender : contenders_) {
    const row* const each = find(contender);
    if (each == nullptr || each->seconds == 0) continue; // filtered out
    if (!begun) {
      std::printf("\n### %s, %.0f bytes\n\n", document.c_str(), each->document_bytes);
      std::printf("| contender | GB/s | +- | us | x reference | x six columns | ns/token | instructions/token "
                  "| KiB written |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
      begun = true;
    }
    const auto times = [&](const row* other) { return other == nullptr ? 0 : other->seconds / each->seconds; };
    std::printf("| %s | %.2f | %s | %.1f | %s | %s | %.2f | %s | %.0f |\n", contender.c_str(),
                each->document_bytes / each->seconds / 1e9, cell(each->spread * 100, "%.0f %%").c_str(),
                each->seconds * 1e6, cell(times(reference), "%.2f").c_str(), cell(times(six_columns), "%.2f").c_str(),
                each->seconds * 1e9 / each->tokens, cell(each->instructions_per_token, "%.1f").c_str(),
                each->bytes_written / 1024);
  }
}

} // namespace texlex::bench
