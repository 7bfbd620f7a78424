// What benches have in common whose question is a distribution (how late, how often) and not a mean: percentiles as a
// Markdown table and as JSON, one object a row, and the two options every such bench takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/time.hpp"

namespace texlex::bench {

/// What else runs on the machine while something is measured.
enum class load : uint8_t { idle, busy };

[[nodiscard]] std::string_view name_of(load cores) noexcept;

class percentile_table {
public:
  explicit percentile_table(std::string title) : title_(std::move(title)) {}

  /// A row; `samples` that are empty make none.
  void add(std::string name, load cores, std::vector<duration> samples);

  /// To standard output.
  void print() const;
  /// False if the file cannot be written.
  [[nodiscard]] bool write_json(const std::string& path) const;

private:
  struct row {
    std::string name;
    load cores = load::idle;
    std::vector<duration> samples; ///< ascending

    [[nodiscard]] double percentile_us(double percent) const noexcept;
  };

  std::string title_;
  std::vector<row> rows_;
};

/// `quick`: a look at whether all of it runs, for which few samples do.
using measure_function = void (*)(percentile_table&, bool quick);

/// The `main` of such a bench: reads `--quick` and `--json FILE`, measures, prints. Returns the exit status.
int run_distribution_bench(int argc, char** argv, const char* title, measure_function measure);

} // namespace texlex::bench
