// Jobs as a server makes them where workers are processes: a document in shared memory, and columns wanted of it.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "actors/job.hpp"
#include "kernels/column_answer.hpp"
#include "kernels/kernels.hpp"
#include "test/support/printed_status.hpp"
#include "test/unit/actors/test_jobs.hpp"

namespace texlex::test {

/// Memory of one server.
struct column_house {
  std::shared_ptr<quota> bytes = std::make_shared<quota>(uint64_t{1} << 30);
  document_pool documents{1 << 20, document_memory::shared};
  document_pool own{1 << 20, bytes};
  std::shared_ptr<const lending_quotas> shared = std::make_shared<const lending_quotas>(lending_quotas{
    .bytes = bytes, .files = std::make_shared<quota>(8), .kept_bytes = std::make_shared<quota>(64 << 20)});

  [[nodiscard]] column_order order(uint32_t columns = all_columns) const {
    return {.columns = columns, .issues_told_max = 100, .memory = own, .process_quotas = shared};
  }

  [[nodiscard]] job_ptr job(uint64_t id, std::string_view text, std::optional<column_order> order) {
    auto made = std::make_shared<texlex::job>();
    made->id = {id};
    made->memory = documents.take(text.size());
    if (!text.empty()) std::memcpy(made->memory->data(), text.data(), text.size());
    made->stop.share(*made->memory->shared_header());
    made->document = {made->memory->data(), text.size()};
    made->regime = &house_regime();
    made->received = now();
    if (order) made->order = std::make_shared<const column_order>(*std::move(order));
    return made;
  }
};

/// What a job's columns must be: made in this process, in memory of its own.
[[nodiscard]] inline column_answer_ptr answer_in_process(const job& of) {
  column_order order{.columns = of.order->columns,
                     .view = of.order->view,
                     .unit = of.order->unit,
                     .issues_told_max = of.order->issues_told_max,
                     .memory = document_pool{0}};
  const scan_input input{of.document, of.regime, order.view};
  auto columns = column_scan::begin(order, input);
  scan_cursor cursor;
  run_scan(*find_kernel("reference"), input, cursor, columns->output());
  const std::atomic<bool> never = false; // the job's own may be set: it may have its outcome
  return columns->finish(cursor, never);
}

[[nodiscard]] inline bool same_columns(const column_answer& one, const column_answer& other) {
  return one.issues_told == other.issues_told
         && std::ranges::equal(one.columns, other.columns, [](const column_bytes& a, const column_bytes& b) {
              return a.id == b.id && std::ranges::equal(a.bytes, b.bytes);
            });
}

} // namespace texlex::test
