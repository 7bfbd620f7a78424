// What does memory cost: making a worker's arena, with and without locking; a job's columns taken and given back, in
// the resident part and beyond it; a block from the document pool and back to it?
#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "bench/row_reporter.hpp"
#include "runtime/arena.hpp"
#include "runtime/document.hpp"
#include "runtime/limits.hpp"
#include "runtime/memory.hpp"

namespace texlex::bench {
namespace {

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t window_bytes = 4096;
constexpr uint64_t resident_bytes = 4 * mib;    ///< of the arenas that are taken and given back
constexpr uint64_t document_within = 512 << 10; ///< its columns fit into that
constexpr uint64_t document_beyond = 2 * mib;   ///< its columns do not

void per_mib(benchmark::State& state, uint64_t bytes) {
  state.counters["us_per_mib"] =
    benchmark::Counter(static_cast<double>(bytes) / static_cast<double>(mib) / 1e6,
                       benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Reserving, faulting in, locking; not the unmapping, which nobody waits for.
void make_arena(benchmark::State& state, uint64_t bytes, bool lock) {
  bool locked = true;
  std::optional<arena> made;
  for (auto _ : state) {
    made.emplace(arena_options{.document_bytes_max = bytes, .resident_bytes = bytes, .lock = lock});
    state.PauseTiming();
    locked = made->locked();
    made.reset();
    state.ResumeTiming();
  }
  per_mib(state, bytes);
  if (lock && !locked) state.SetLabel("not locked: RLIMIT_MEMLOCK is too low");
}

void touch_pages(void* address, size_t bytes) {
  auto* const first = static_cast<volatile unsigned char*>(address);
  for (size_t i = 0; i < bytes; i += page_bytes()) first[i] = 0;
}

void lease(benchmark::State& state, uint64_t document_bytes, bool written) {
  arena_pair arenas{{.document_bytes_max = document_beyond, .resident_bytes = resident_bytes}};
  for (auto _ : state) {
    auto taken = arenas.take();
    const auto columns = taken->columns_for(document_bytes);
    if (!columns) return state.SkipWithError("the document does not fit");
    benchmark::DoNotOptimize(columns->kinds.data());
    if (!written) continue;
    // What a scan of the densest document writes: all of both columns.
    touch_pages(columns->starts.data(), columns->starts.size_bytes());
    touch_pages(columns->kinds.data(), columns->kinds.size_bytes());
  }
  state.counters["trims"] =
    benchmark::Counter(static_cast<double>(arenas.usage().trims), benchmark::Counter::kAvgIterations);
}

void pool(benchmark::State& state, size_t document_bytes, size_t kept_bytes_max) {
  document_pool documents{kept_bytes_max};
  for (auto _ : state) {
    const document_lease block = documents.take(document_bytes);
    benchmark::DoNotOptimize(block->data());
  }
}

void add_all() {
  const auto add = [](const std::string& name, auto measure) { benchmark::RegisterBenchmark(name.c_str(), measure); };
  for (const uint64_t size_mib : {1u, 4u, 16u})
    for (const bool lock : {false, true})
      add("arena of " + std::to_string(size_mib) + " MiB" + (lock ? ", locked" : ""),
          [=](benchmark::State& state) { make_arena(state, size_mib * mib, lock); });
  add("lease: 4 KiB document", [](benchmark::State& state) { lease(state, window_bytes, false); });
  add("lease: 512 KiB, resident", [](benchmark::State& state) { lease(state, document_within, false); });
  add("lease: 512 KiB, resident, every page written",
      [](benchmark::State& state) { lease(state, document_within, true); });
  add("lease: 2 MiB, beyond", [](benchmark::State& state) { lease(state, document_beyond, false); });
  add("lease: 2 MiB, beyond, every page written", [](benchmark::State& state) { lease(state, document_beyond, true); });
  for (const size_t bytes : {size_t{window_bytes}, size_t{mib}}) {
    const std::string size = std::to_string(bytes >> 10) + " KiB";
    add("document pool: " + size,
        [=](benchmark::State& state) { pool(state, bytes, limits::document_pool_bytes_max); });
    add("document pool: " + size + ", none kept", [=](benchmark::State& state) { pool(state, bytes, 0); });
  }
}

} // namespace
} // namespace texlex::bench

int main(int argc, char** argv) {
  texlex::bench::add_all();
  return texlex::bench::run_row_bench(argc, argv, "Memory");
}
