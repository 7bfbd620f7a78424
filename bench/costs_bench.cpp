// What there is to pay beside the scan itself, one question each: a small window from call to result, a regime that
// changes on the way, the stop flag, and what is derived from kinds and starts afterwards.
#include <benchmark/benchmark.h>

#include <atomic>
#include <string>

#include "bench/contenders.hpp"
#include "bench/document_classes.hpp"
#include "kernels/derive.hpp"
#include "kernels/kernels.hpp"
#include "kernels/regimes.hpp"

namespace texlex::bench {
namespace {

constexpr size_t document_bytes = 1 << 20, window_bytes = 4096;

struct scanned_document {
  explicit scanned_document(document_class from)
    : name(std::move(from.name)), text(std::move(from.text)), to(text.size()) {}

  [[nodiscard]] std::span<const uint8_t> bytes() const {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }
  [[nodiscard]] scan_output output() {
    return {reinterpret_cast<token_kind*>(to.kinds.data()), to.starts.data(), to.issues};
  }

  std::string name;
  std::string text;
  buffers to;
};

const regime& latex() { return *find_regime("latex"); }

void per(benchmark::State& state, const char* what, double count) {
  state.counters[what] =
    benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void window(benchmark::State& state, const kernel& with, scanned_document& document) {
  for (auto _ : state) {
    scan_cursor cursor;
    run_scan(with, {document.bytes().first(window_bytes), &latex()}, cursor, document.output());
    benchmark::ClobberMemory();
  }
}

// Calls of so many bytes each, under one regime or two in turn: the difference is what a change costs.
void steps(benchmark::State& state, const kernel& with, scanned_document& document, uint64_t step,
           const regime& second) {
  uint64_t calls = 0;
  for (auto _ : state) {
    calls = 0;
    for (scan_cursor cursor; !cursor.finished; ++calls)
      with.advance({document.bytes(), calls % 2 == 0 ? &latex() : &second}, cursor.offset + step, cursor,
                   document.output());
  }
  per(state, "per_call", static_cast<double>(calls));
}

void change_of_one_character(benchmark::State& state) {
  regime own = latex();
  bool letter = false;
  for (auto _ : state) {
    own.catcodes.set('@', (letter = !letter) ? catcode::letter : catcode::other);
    benchmark::ClobberMemory();
  }
}

void stop_flag(benchmark::State& state, const kernel& with, scanned_document& document, bool looked_at) {
  std::atomic<bool> stop = false;
  for (auto _ : state) {
    scan_cursor cursor;
    run_scan(with, {document.bytes(), &latex()}, cursor, document.output(), looked_at ? &stop : nullptr);
  }
}

uint64_t scan(scanned_document& document) {
  scan_cursor cursor;
  run_scan(*find_kernel(best_kernel_name), {document.bytes(), &latex()}, cursor, document.output());
  return cursor.token_count;
}

void derive_texts(benchmark::State& state, scanned_document& document) {
  const uint64_t tokens = scan(document);
  token_text text;
  for (auto _ : state) {
    token_deriver deriver{document.bytes(), latex()};
    for (uint64_t i = 0; i < tokens; ++i)
      deriver.derive(static_cast<token_kind>(document.to.kinds[i]), document.to.starts[i], text);
    benchmark::DoNotOptimize(text.end);
  }
  per(state, "per_token", static_cast<double>(tokens));
}

void derive_places(benchmark::State& state, scanned_document& document) {
  const uint64_t tokens = scan(document);
  for (auto _ : state) {
    position_counter counter{document.bytes(), encoding::utf8, column_unit::code_points};
    for (uint64_t i = 0; i < tokens; ++i) benchmark::DoNotOptimize(counter.at(document.to.starts[i]));
  }
  per(state, "per_token", static_cast<double>(tokens));
}

void add_all(std::vector<scanned_document>& documents) {
  const auto add = [](const std::string& name, auto measure) { benchmark::RegisterBenchmark(name.c_str(), measure); };
  scanned_document& math = documents[2];
  const regime& other = *find_regime("latex-package");
  for (const auto name : kernel_names()) {
    const kernel& with = *find_kernel(name);
    const std::string of{name};
    add("window of 4 KiB/" + of, [&](benchmark::State& state) { window(state, with, math); });
    for (const uint64_t step : {64u, 4096u}) {
      const std::string bytes = std::to_string(step);
      add("calls of " + bytes + " bytes/one regime/" + of,
          [&, step](benchmark::State& state) { steps(state, with, math, step, latex()); });
      add("calls of " + bytes + " bytes/two in turn/" + of,
          [&, step](benchmark::State& state) { steps(state, with, math, step, other); });
    }
    add("stop flag/none/" + of, [&](benchmark::State& state) { stop_flag(state, with, math, false); });
    add("stop flag/looked at/" + of, [&](benchmark::State& state) { stop_flag(state, with, math, true); });
  }
  add("change of one character's category", change_of_one_character);
  for (auto& document : documents) {
    add("end, code and name/" + document.name, [&](benchmark::State& state) { derive_texts(state, document); });
    add("line and column/" + document.name, [&](benchmark::State& state) { derive_places(state, document); });
  }
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  using namespace texlex::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::vector<scanned_document> documents;
  for (auto& each : document_classes(document_bytes)) documents.emplace_back(std::move(each));
  add_all(documents);
  benchmark::RunSpecifiedBenchmarks();
}
