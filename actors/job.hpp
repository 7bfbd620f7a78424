// One request on its way through the house. Shared by all its attempts, which only read it, except for the stop flag.
// Knows nothing of CAF, so that sessions and decisions can speak of jobs without it.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "actors/state/queue_pressure.hpp"
#include "kernels/column_answer.hpp"
#include "kernels/regime.hpp"
#include "runtime/document.hpp"
#include "runtime/outcome.hpp"
#include "runtime/time.hpp"
#include "runtime/tokenize_frame.hpp"

namespace texlex {

/// Unique within a process and never used again, so that a late answer cannot be taken for another job's.
struct job_id {
  uint64_t value = 0;
  friend auto operator<=>(const job_id&, const job_id&) = default;
};

/// A place that can run attempts: a local worker, later a remote node's pool. Never used again after it has left.
struct lane_id {
  uint32_t value = 0;
  friend auto operator<=>(const lane_id&, const lane_id&) = default;
};

/// Says to all attempts at a job, wherever they run, that it has its outcome.
class stop_flag {
public:
  /// From now on other processes see it too, in the header of the document they share. To be called before the job is
  /// given to anybody.
  void share(shared_document_header& header) noexcept {
    shared_ = &header.stop;
    shared_->store(false, std::memory_order_relaxed);
  }

  void store(bool value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    here_.store(value, order);
    if (shared_ != nullptr) shared_->store(value, order);
  }
  [[nodiscard]] bool load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
    return here_.load(order);
  }

  /// For a scan in this process.
  [[nodiscard]] const std::atomic<bool>& here() const noexcept { return here_; }

private:
  std::atomic<bool> here_ = false;
  std::atomic<bool>* shared_ = nullptr;
};

struct job {
  job_id id;
  document_lease memory;               ///< what `document` lies in
  std::optional<shared_view> passed{}; ///< or this, if its client has passed it
  std::span<const uint8_t> document;
  const texlex::regime* regime = nullptr;
  std::shared_ptr<const column_order> order; ///< null: counts of the tex view, as most want
  instant received;                          ///< when its last byte was read
  uint64_t client = 0;                       ///< whose it is: the number of its connection
  instant deadline = instant::max();         ///< of no use to its client after this
  request_priority priority = request_priority::normal;
  bool borrowed = false;                ///< for another node, which has asked this one: not to be given to a third
  std::optional<trace_context> trace{}; ///< which it is part of, if its client told

  /// Set once the job has an outcome: attempts that still run stop at their next chunk.
  mutable stop_flag stop;

  /// An attempt begins, of that number among the job's; or the status it ends with instead. `cancelled`: a later one
  /// has begun before it, as this one's worker was late, and is ahead of it.
  [[nodiscard]] std::optional<status> begin(uint32_t attempt, instant now) const noexcept {
    uint32_t latest = begun_.load(std::memory_order_relaxed);
    while (latest < attempt && !begun_.compare_exchange_weak(latest, attempt, std::memory_order_relaxed)) {
    }
    if (latest >= attempt) return status::cancelled;
    if (now >= deadline) return status::deadline_exceeded;
    return std::nullopt;
  }

private:
  mutable std::atomic<uint32_t> begun_ = 0; ///< the latest attempt that has
};

using job_ptr = std::shared_ptr<const job>;

/// Jobs that go the same way together, in the order in which they came.
using job_batch = std::vector<job_ptr>;

/// What a lane is to do: one attempt at a job, told with its number among the job's, from 1.
struct attempt_order {
  job_ptr job;
  uint32_t attempt = 1;
};
using attempt_batch = std::vector<attempt_order>;

/// How an attempt ended, and what the lane itself took for it.
struct attempt_result {
  job_id job;
  outcome result;
  duration took{};
  bool interrupted = false;    ///< the system took the core away meanwhile: `took` tells nothing of the document
  column_answer_ptr columns{}; ///< null if none were wanted, or it is not ok
};
using result_batch = std::vector<attempt_result>;

/// What a lane can be given.
struct lane_traits {
  uint32_t capacity = 1;                    ///< attempts at one time
  uint64_t document_bytes_max = UINT64_MAX; ///< no longer documents
  duration attempt_max = duration::max();   ///< none that is expected to take longer
  duration in_all_max = duration::max();    ///< of all it has at one time, as expected
  uint64_t alone_bytes_max = 0;             ///< longer ones too while nothing else is in flight: none longer than that
  duration alone_max{0};                    ///< and none of these that is expected to take longer
  uint32_t takes = UINT32_MAX;              ///< attempts at one time, at first, if fewer than `capacity`
  bool remote = false;                      ///< on another node
  bool near = true;                         ///< which is in this one's zone

  /// It is there for small documents only, and mostly done with them before anybody could look.
  [[nodiscard]] bool small_only() const noexcept { return attempt_max != duration::max(); }
};

/// How a job ended, on its way to whoever waits for it.
struct delivery {
  job_id job;
  outcome result;
  column_answer_ptr columns{};
};

/// Where a job's outcome goes, and its columns if it has some.
using answer_function = std::function<void(job_id, const outcome&, const column_answer_ptr&)>;

/// What sessions need of whoever carries out jobs: each job submitted is answered exactly once, by a call of
/// `request_server::deliver`, from any thread. Each call may be made from any thread and returns at once.
class job_port {
public:
  virtual ~job_port() = default;
  virtual void submit(job_batch jobs) = 0;
  /// Asks for an early end with `cancelled`; a job already answered is let be.
  virtual void cancel(job_id id) = 0;
  /// Asks for what has happened so far: answered once by a call of `request_server::tell` with that number.
  virtual void ask_stats(job_id id) = 0;
  /// How the queue stands, for `gate`: read on the I/O thread, at each request's header, and written there too. Looked
  /// at again after each turn of that thread, for those who are held back.
  [[nodiscard]] virtual const queue_pressure& pressure() const noexcept { return no_pressure; }
};

} // namespace texlex
