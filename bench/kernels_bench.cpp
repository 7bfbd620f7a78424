// How fast every kernel is on every class of document, beside what it can be judged by, all in one run. Prints a table
// a class; Google Benchmark's own options work (--benchmark_out=FILE --benchmark_out_format=json, --benchmark_filter).
// Files given by --file are classes of their own.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "bench/contenders.hpp"
#include "bench/document_classes.hpp"
#include "bench/instruction_count.hpp"
#include "bench/table_reporter.hpp"

namespace texlex::bench {
namespace {

constexpr size_t document_bytes = 1 << 20;

// Instructions are counted on the beginning of the document, as the difference of a piece and one twice as long: what
// every call costs drops out of it. A step costs microseconds, so who needs too many (a kernel that first looks for the
// end of a line of a megabyte) has no count.
constexpr uint64_t steps_max = 400'000;

struct bench_case {
  std::string document_name;
  std::string text; ///< with two NUL bytes behind the document
  buffers to;

  [[nodiscard]] std::span<const uint8_t> document(size_t bytes) const {
    return {reinterpret_cast<const uint8_t*>(text.data()), std::min(bytes, text.size() - 2)};
  }
  [[nodiscard]] std::span<const uint8_t> document() const { return document(text.size()); }
};

double instructions_per_byte(const contender& who, bench_case& each) {
  const auto count = [&](size_t bytes) {
    const auto document = who.stops_at_limit ? each.document() : each.document(bytes);
    each.to.limit = bytes;
    const auto steps = count_instructions([&] { who.run(document, each.to); }, steps_max);
    each.to.limit = UINT64_MAX;
    return steps;
  };
  const size_t bytes = who.counted_bytes;
  if (bytes == 0 || each.document().size() < 2 * bytes) return 0;
  const auto one = count(bytes);
  if (!one) return 0;
  const auto two = count(2 * bytes);
  return two && *two > *one ? static_cast<double>(*two - *one) / static_cast<double>(bytes) : 0;
}

void measure(benchmark::State& state, const contender& who, bench_case& each, double instructions) {
  const auto document = each.document();
  if (who.prepare) who.prepare(document, each.to);
  work_done done;
  for (auto _ : state) {
    done = who.run(document, each.to);
    benchmark::ClobberMemory();
  }
  const auto tokens = static_cast<double>(done.tokens);
  const auto bytes = static_cast<double>(document.size());
  state.SetBytesProcessed(static_cast<int64_t>(document.size()) * state.iterations());
  state.counters["document_bytes"] = bytes;
  state.counters["tokens"] = tokens;
  state.counters["bytes_written"] = static_cast<double>(done.bytes_written);
  state.counters["instructions_per_token"] = instructions * bytes / tokens;
}

void add(std::vector<std::unique_ptr<bench_case>>& cases, const document_class& from) {
  auto made = std::make_unique<bench_case>(
    bench_case{from.name, from.text + std::string(2, '\0'), buffers{from.text.size() + 2}});
  made->to.tokens = contenders().front().run(made->document(), made->to).tokens;
  cases.push_back(std::move(made));
}

int run(int argc, char** argv) {
  std::vector<std::string> files;
  bool count = true;
  benchmark::Initialize(&argc, argv);
  CLI::App app{"Benchmark of the kernels. Beside these options it takes those of Google Benchmark."};
  app.add_option("--file", files, "a document to measure too, repeated until it has 1 MiB");
  app.add_flag("!--no-instructions", count, "do not count instructions, which takes a minute or two");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }

  std::vector<std::unique_ptr<bench_case>> cases;
  for (const auto& file : files) add(cases, document_of_file(file, document_bytes));
  for (const auto& each : document_classes(document_bytes)) add(cases, each);

  const auto all = contenders();
  for (const auto& each : cases) {
    if (count) std::fprintf(stderr, "counting instructions: %s\n", each->document_name.c_str());
    for (const auto& who : all) {
      const double instructions = count ? instructions_per_byte(who, *each) : 0;
      benchmark::RegisterBenchmark((each->document_name + "/" + who.name).c_str(), [&who, &each, instructions](
                                                                                     benchmark::State& state) {
        measure(state, who, *each, instructions);
      })->Unit(benchmark::kMicrosecond);
    }
  }
  std::vector<std::string> documents, names;
  for (const auto& each : cases) documents.push_back(each->document_name);
  for (const auto& who : all) names.push_back(who.name);
  table_reporter table{documents, names};
  benchmark::RunSpecifiedBenchmarks(&table);
  table.print();
  return 0;
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) try { return texlex::bench::run(argc, argv); } catch (const std::exception& error) {
  std::fprintf(stderr, "kernels_bench: %s\n", error.what());
  return 1;
}
